//! The kernels of GPU executors: WGSL text, entry points and bindings, beside the scalar twins. No preprocessor: a
//! module is its files joined, and what varies is an `override`.

/// How a buffer is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A storage buffer that is read and written.
    ReadWrite,
    /// A storage buffer that is read.
    Read,
    /// A uniform buffer.
    Uniform,
}

/// One binding of a module's group 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The variable's name in the text.
    pub name: &'static str,
    /// How it is bound.
    pub access: Access,
}

/// A WGSL module.
#[derive(Clone, Copy, Debug)]
pub struct Module {
    /// Its name in messages.
    pub name: &'static str,
    /// The text.
    pub source: &'static str,
    /// Bindings 0, 1, … of group 0.
    pub bindings: &'static [Binding],
    /// The entry points.
    pub entries: &'static [&'static str],
    /// Whether threads of a subgroup hand each other numbers.
    pub subgroups: bool,
}

impl Module {
    /// A text of this module as browsers want it: naga does without the directive, and does not know it.
    #[must_use]
    pub fn for_browsers(&self, source: &str) -> String {
        let directive = if self.subgroups { "enable subgroups;\n" } else { "" };
        format!("{directive}{source}")
    }
}

const ARENA: Binding = Binding { name: "arena", access: Access::ReadWrite };
const PROGRAM: Binding = Binding { name: "program", access: Access::Read };
const TABLE: Binding = Binding { name: "table", access: Access::Read };
const PLAN: Binding = Binding { name: "plan", access: Access::Uniform };

/// Bytes of a text without the lines that are comments.
const fn length_without_comments(text: &[u8]) -> usize {
    let (mut at, mut length) = (0, 0);
    while at < text.len() {
        let (end, comment) = line(text, at);
        if !comment {
            length += end - at;
        }
        at = end;
    }
    length
}

/// Where the line that begins at `at` ends, and whether it is a comment.
const fn line(text: &[u8], at: usize) -> (usize, bool) {
    let mut first = at;
    while first < text.len() && text[first] == b' ' {
        first += 1;
    }
    let comment = first + 1 < text.len() && text[first] == b'/' && text[first + 1] == b'/';
    let mut end = first;
    while end < text.len() && text[end] != b'\n' {
        end += 1;
    }
    (if end < text.len() { end + 1 } else { end }, comment)
}

/// A text without the lines that are comments: pages need not fetch those.
const fn without_comments<const LENGTH: usize>(text: &[u8]) -> [u8; LENGTH] {
    let mut out = [0; LENGTH];
    let (mut at, mut to) = (0, 0);
    while at < text.len() {
        let (end, comment) = line(text, at);
        while at < end {
            if !comment {
                out[to] = text[at];
                to += 1;
            }
            at += 1;
        }
    }
    out
}

/// The text of WGSL files, joined, without comments.
macro_rules! joined {
    ($text:expr) => {{
        const TEXT: &[u8] = $text.as_bytes();
        const BYTES: [u8; length_without_comments(TEXT)] = without_comments(TEXT);
        match std::str::from_utf8(&BYTES) {
            Ok(text) => text,
            Err(_) => panic!("lines of a text are a text"),
        }
    }};
}

macro_rules! ops {
    ($last:literal) => {
        joined!(concat!(
            include_str!("wgsl/arena.wgsl"),
            include_str!("wgsl/math.wgsl"),
            include_str!("wgsl/random.wgsl"),
            include_str!("wgsl/function.wgsl"),
            include_str!("wgsl/elementwise.wgsl"),
            include_str!("wgsl/map.wgsl"),
            include_str!("wgsl/maxout.wgsl"),
            include_str!("wgsl/optimise.wgsl"),
            include_str!("wgsl/reduce.wgsl"),
            include_str!("wgsl/gemm.wgsl"),
            include_str!($last),
        ))
    };
}

/// One dispatch an op: entry point number [`crate::program::Op::code`], with the program's binding moved to the op.
pub const DISPATCH: Module = Module {
    name: "dispatch",
    source: ops!("wgsl/dispatch.wgsl"),
    bindings: &[ARENA, PROGRAM, TABLE],
    entries: &[
        "tick",
        "draw",
        "gather",
        "gemm",
        "row_sum",
        "spread",
        "map",
        "zip",
        "scale",
        "point_loss",
        "point_grad",
        "tally",
        "sum_squares",
        "sgd",
        "momentum",
        "adam",
        "rmsprop",
        "clamp",
        "average",
        "pick",
        "route",
    ],
    subgroups: false,
};

/// One workgroup that walks whole programs.
pub const RESIDENT: Module = Module {
    name: "resident",
    source: ops!("wgsl/resident.wgsl"),
    bindings: &[ARENA, PROGRAM, TABLE, PLAN],
    entries: &["resident"],
    subgroups: false,
};

/// Most entries of the resident form's list of runs.
pub const PLAN_RUNS: usize = 7;
/// Words of the resident form's plan.
pub const PLAN_WORDS: usize = 4 + 4 * PLAN_RUNS;

/// Products of large matrices: a workgroup makes a square of [`TILE_SIDE`] rows and columns.
pub const TILE: Module = Module {
    name: "tile",
    source: joined!(concat!(
        include_str!("wgsl/math.wgsl"),
        include_str!("wgsl/function.wgsl"),
        include_str!("wgsl/tile.wgsl"),
    )),
    bindings: &[ARENA, PROGRAM],
    entries: &["tile"],
    subgroups: false,
};

macro_rules! block {
    ($rows_of_a:literal) => {
        joined!(concat!(
            include_str!("wgsl/math.wgsl"),
            include_str!("wgsl/function.wgsl"),
            include_str!($rows_of_a),
            include_str!("wgsl/block.wgsl"),
        ))
    };
}

/// Products of large matrices where barriers cost more than loads: a workgroup of four threads makes [`BLOCK_ROWS`] times
/// [`BLOCK_COLS`] elements.
pub const BLOCK: Module = Module {
    name: "block",
    source: block!("wgsl/alone.wgsl"),
    bindings: &[ARENA, PROGRAM],
    entries: &["block"],
    subgroups: false,
};

/// As [`BLOCK`], where the four threads are one vector and share what they load.
pub const QUAD: Module =
    Module { name: "quad", source: block!("wgsl/quad.wgsl"), subgroups: true, ..BLOCK };

/// Rows that a workgroup of [`BLOCK`] makes.
pub const BLOCK_ROWS: u32 = 16;
/// Columns that a workgroup of [`BLOCK`] makes.
pub const BLOCK_COLS: u32 = 32;

/// Rows and columns that a workgroup of [`TILE`] makes.
pub const TILE_SIDE: u32 = 64;

#[cfg(test)]
mod tests {
    use naga::valid::{
        Capabilities, ShaderStages, SubgroupOperationSet, ValidationFlags, Validator,
    };
    use naga::{AddressSpace, StorageAccess};

    use super::*;

    const MODULES: [&Module; 5] = [&DISPATCH, &RESIDENT, &TILE, &BLOCK, &QUAD];

    fn parsed(module: &Module) -> naga::Module {
        let parsed = naga::front::wgsl::parse_str(module.source)
            .unwrap_or_else(|error| panic!("{}", error.emit_to_string(module.source)));
        let capabilities =
            if module.subgroups { Capabilities::SUBGROUP } else { Capabilities::empty() };
        Validator::new(ValidationFlags::all(), capabilities)
            .subgroup_stages(ShaderStages::COMPUTE)
            .subgroup_operations(SubgroupOperationSet::QUAD_FRAGMENT_COMPUTE)
            .validate(&parsed)
            .unwrap_or_else(|error| panic!("{}", error.emit_to_string(module.source)));
        parsed
    }

    fn access_of(space: AddressSpace) -> Access {
        match space {
            AddressSpace::Uniform => Access::Uniform,
            AddressSpace::Storage { access } if access.contains(StorageAccess::STORE) => {
                Access::ReadWrite
            }
            _ => Access::Read,
        }
    }

    /// What the text binds, in the order of the numbers.
    fn reflected(module: &Module) -> Vec<(u32, u32, String, Access)> {
        let parsed = parsed(module);
        let mut found: Vec<_> = parsed
            .global_variables
            .iter()
            .filter_map(|(_, variable)| {
                let at = variable.binding?;
                let name = variable.name.clone().unwrap_or_default();
                Some((at.group, at.binding, name, access_of(variable.space)))
            })
            .collect();
        found.sort_by_key(|&(group, binding, ..)| (group, binding));
        found
    }

    fn stated(bindings: &[Binding]) -> Vec<(u32, u32, String, Access)> {
        (0..).zip(bindings).map(|(i, b)| (0, i, b.name.to_owned(), b.access)).collect()
    }

    #[test]
    fn binding_tables_are_what_the_text_binds() {
        for module in MODULES {
            let found = reflected(module);
            assert_eq!(found, stated(module.bindings), "{}", module.name);
            // A table that is wrong in one place is told from it.
            let mut wrong = module.bindings.to_vec();
            wrong[0].access = Access::Read;
            assert_ne!(found, stated(&wrong));
            assert_ne!(found, stated(&module.bindings[1..]));
        }
    }

    #[test]
    fn entry_points_are_those_of_the_text() {
        for module in MODULES {
            let parsed = parsed(module);
            let found: Vec<_> = parsed.entry_points.iter().map(|e| e.name.as_str()).collect();
            let mut sorted = [found.clone(), module.entries.to_vec()];
            sorted.iter_mut().for_each(|names| names.sort_unstable());
            assert_eq!(sorted[0], sorted[1], "{}", module.name);
        }
    }

    /// The kernel of an op is the entry point that its number says, in both forms.
    #[test]
    fn entry_points_are_in_the_order_of_the_codes() {
        for (code, entry) in DISPATCH.entries.iter().enumerate() {
            let turn = format!(
                "if (OPS & {}u) != 0u {{\n        while todo == {code}u {{\n            run_{entry}(op, ",
                1 << code
            );
            assert!(RESIDENT.source.contains(&turn), "{turn}");
        }
    }

    /// The plan's words, and the sides of tiles and blocks, stand in both languages.
    #[test]
    fn sizes_agree() {
        assert!(RESIDENT.source.contains(&format!("array<vec4<u32>, {PLAN_RUNS}>")));
        let record = format!("const RECORD: u32 = {}u;", crate::encode::RECORD_WORDS);
        assert!(RESIDENT.source.contains(&record));
        assert!(TILE.source.contains(&format!("const SIDE: u32 = {TILE_SIDE}u;")));
        assert!(BLOCK.source.contains(&format!("const ROWS: u32 = {BLOCK_ROWS}u;")));
        assert!(BLOCK.source.contains(&format!("const COLUMNS: u32 = {BLOCK_COLS}u;")));
    }
}
