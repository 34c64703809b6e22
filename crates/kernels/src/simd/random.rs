//! Draws and gathers over vectors: several Threefry blocks side by side. Bits as in [`adversaria_core::rng`].

use adversaria_core::math::{Lanes, Words};
use adversaria_core::rng::{self, normal_pair, threefry, uniform01};

use super::vector::{MOST_LANES, Vector};
use crate::program::{Law, Mat, Op, Source, Table, TableValues};
use crate::real::Scalar;

/// Draw and Gather.
///
/// # Safety
/// The op was checked for an arena that begins at `arena`, and a gather has a table that fits.
#[inline(always)]
pub(super) unsafe fn run<V: Vector>(op: &Op, arena: *mut f32, table: Option<&Table>) {
    // SAFETY: as promised by the caller.
    unsafe {
        match *op {
            Op::Draw { out, live, source, law: Law::Uniform { lo, hi } } => {
                let (low, width) = (V::splat(lo), V::splat(hi - lo));
                draw::<V>(
                    arena,
                    out,
                    live,
                    source,
                    #[inline(always)]
                    |words| {
                        [
                            low + width * uniform01::<V>(words[0]),
                            low + width * uniform01::<V>(words[1]),
                        ]
                    },
                );
            }
            Op::Draw { out, live, source, law: Law::Normal { mean, std } } => {
                let (mean, std) = (V::splat(mean), V::splat(std));
                draw::<V>(
                    arena,
                    out,
                    live,
                    source,
                    #[inline(always)]
                    |words| {
                        let (even, odd) = normal_pair::<V>(words);
                        [mean + std * even, mean + std * odd]
                    },
                );
            }
            Op::Gather { out, live, source } => {
                let Some(table) = table else {
                    unreachable!("executors check that a gather has a table")
                };
                gather::<V>(arena, out, live, source, table);
            }
            _ => unreachable!("not random: {op:?}"),
        }
    }
}

/// The draw that the source stands for now.
unsafe fn draw_of(source: Source, arena: *mut f32) -> rng::Draw {
    // SAFETY: the counter lies in the arena.
    let update = unsafe { *arena.add(source.counter as usize) }.word();
    rng::Draw { seed: source.seed, stream: source.stream, update }
}

/// The words of the blocks `first`, `first` + 1, …, as many as there are lanes.
#[inline(always)]
fn blocks<V: Vector>(draw: rng::Draw, first: u32) -> [V::Words; 2] {
    let splat = V::Words::splat;
    threefry(
        [splat(draw.seed), splat(draw.stream)],
        [splat(draw.update), splat(first).plus(V::iota())],
    )
}

/// Rows 2p and 2p + 1 share the blocks p · live + c.
#[inline(always)]
unsafe fn draw<V: Vector>(
    arena: *mut f32,
    out: Mat,
    live: u32,
    source: Source,
    values: impl Fn([V::Words; 2]) -> [V; 2],
) {
    // SAFETY: as promised by the caller: the rows lie in the arena, and live ≤ cols.
    unsafe {
        let draw = draw_of(source, arena);
        for pair in 0..out.rows.div_ceil(2) {
            let rows = (out.rows - 2 * pair).min(2);
            let mut c = 0;
            while c < live {
                let values = values(blocks::<V>(draw, pair.wrapping_mul(live).wrapping_add(c)));
                let count = (live - c).min(V::N as u32);
                for r in 0..rows {
                    let to = arena.add(out.index(2 * pair + r, c));
                    if count as usize == V::N {
                        values[r as usize].store(to);
                    } else {
                        let mut last = [0.0_f32; MOST_LANES];
                        values[r as usize].store(last.as_mut_ptr());
                        to.copy_from_nonoverlapping(last.as_ptr(), count as usize);
                    }
                }
                c += count;
            }
        }
        clear_tail(arena, out, live);
    }
}

/// Zeros in the columns that hold no sample.
unsafe fn clear_tail(arena: *mut f32, out: Mat, live: u32) {
    for r in 0..out.rows {
        // SAFETY: live ≤ cols, and row r lies in the arena.
        unsafe { arena.add(out.index(r, live)).write_bytes(0, (out.cols - live) as usize) };
    }
}

/// Columns in groups: what is read from several rows of the table is written side by side.
#[inline(always)]
unsafe fn gather<V: Vector>(arena: *mut f32, out: Mat, live: u32, source: Source, table: &Table) {
    // SAFETY: as promised by the caller.
    unsafe {
        let draw = draw_of(source, arena);
        let mut c = 0;
        while c < live {
            let count = ((live - c) as usize).min(V::N);
            let rows = chosen::<V>(draw, c, table.rows);
            match &table.values {
                TableValues::Words(words) => {
                    columns(arena, out, c, rows_of(words, &rows[..count], table.dim), |&word| word);
                }
                TableValues::Bytes { bytes, scale, offset } => {
                    let value = |&byte: &u8| f32::from(byte) * scale + offset;
                    columns(arena, out, c, rows_of(bytes, &rows[..count], table.dim), value);
                }
            }
            c += count as u32;
        }
        clear_tail(arena, out, live);
    }
}

/// The rows that samples `first`, `first` + 1, … take.
#[inline(always)]
fn chosen<V: Vector>(draw: rng::Draw, first: u32, rows: u32) -> [u32; MOST_LANES] {
    let scaled = uniform01::<V>(blocks::<V>(draw, first)[0]) * V::splat(rows as f32);
    let mut whole = [0.0_f32; MOST_LANES];
    // SAFETY: the array holds as many as any vector.
    unsafe { Lanes::floor(scaled).store(whole.as_mut_ptr()) };
    whole.map(|x| (x as u32).min(rows - 1))
}

/// The chosen rows of a table's values; no more than there are lanes.
fn rows_of<'a, T>(values: &'a [T], rows: &[u32], dim: u32) -> ([&'a [T]; MOST_LANES], usize) {
    let mut slices = [&values[..0]; MOST_LANES];
    for (slice, &row) in slices.iter_mut().zip(rows) {
        let at = row as usize * dim as usize;
        *slice = &values[at..at + dim as usize];
    }
    (slices, rows.len())
}

/// Writes these rows as columns from column `first` on.
#[inline(always)]
unsafe fn columns<T>(
    arena: *mut f32,
    out: Mat,
    first: u32,
    (rows, count): ([&[T]; MOST_LANES], usize),
    value: impl Fn(&T) -> f32,
) {
    for r in 0..out.rows {
        // SAFETY: first + count ≤ live ≤ cols.
        let to = unsafe { arena.add(out.index(r, first)) };
        for (k, row) in rows[..count].iter().enumerate() {
            // SAFETY: as above.
            unsafe { *to.add(k) = value(&row[r as usize]) };
        }
    }
}
