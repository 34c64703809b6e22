//! Pipelines, made when they are first needed: one a kernel and workgroup size.

use std::borrow::Cow;
use std::collections::HashMap;

use adversaria_kernels::encode::Uses;
use adversaria_kernels::wgsl::{Access, BLOCK, DISPATCH, Module, QUAD, RESIDENT, TILE};

use crate::device::Gpu;

/// The WGSL that runs: that of the kernels, or in tests the same with a fault planted.
#[derive(Clone, Debug)]
pub struct Sources {
    /// See [`DISPATCH`].
    pub dispatch: Cow<'static, str>,
    /// See [`RESIDENT`].
    pub resident: Cow<'static, str>,
    /// See [`TILE`].
    pub tile: Cow<'static, str>,
    /// See [`BLOCK`].
    pub block: Cow<'static, str>,
    /// See [`QUAD`].
    pub quad: Cow<'static, str>,
    /// How the kernels are started; by the kind of adapter where it is not said.
    pub tuning: Option<Tuning>,
}

/// How kernels are started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// Threads of a workgroup, a power of two.
    pub threads: u32,
    /// Workgroups among which a long sum may be shared out.
    pub groups: u32,
    /// Workgroups among which the elements of an op are shared out at most.
    pub most_groups: u32,
    /// How large products are made.
    pub large: Large,
}

/// How products of large matrices are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Large {
    /// From workgroup memory: [`TILE`].
    Tiles,
    /// Each thread by itself: [`BLOCK`].
    Blocks,
    /// Four threads share what they load, where the device has quads ([`Gpu::has_quads`]): [`QUAD`].
    Quads,
}

impl Tuning {
    /// For this adapter. In software a barrier is a turn of the scheduler, but not where the workgroup is one
    /// vector of four threads; branches cost even where nobody takes them; and so does the beginning of a workgroup.
    #[must_use]
    pub const fn of(gpu: &Gpu) -> Self {
        if gpu.is_software() {
            let large = if gpu.has_quads() { Large::Quads } else { Large::Blocks };
            Self { threads: 4, groups: 1, most_groups: 8, large }
        } else {
            Self { threads: 256, groups: 64, most_groups: 1024, large: Large::Tiles }
        }
    }
}

impl Default for Sources {
    fn default() -> Self {
        Self {
            dispatch: DISPATCH.source.into(),
            resident: RESIDENT.source.into(),
            tile: TILE.source.into(),
            block: BLOCK.source.into(),
            quad: QUAD.source.into(),
            tuning: None,
        }
    }
}

/// A module on a device.
struct Loaded {
    shader: wgpu::ShaderModule,
    layout: wgpu::PipelineLayout,
    groups: wgpu::BindGroupLayout,
    pipelines: HashMap<Variant, wgpu::ComputePipeline>,
}

/// An entry point made for what its ops use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Variant {
    pub(crate) entry: &'static str,
    /// Whether teams of threads share sums.
    pub(crate) teams: bool,
    /// Whether A's, and B's, neighbouring words are neighbours in depth.
    pub(crate) deep: [bool; 2],
    pub(crate) uses: Uses,
}

/// The modules of one executor.
pub(crate) struct Kernels {
    threads: u32,
    dispatch: Loaded,
    resident: Loaded,
    tile: Loaded,
    block: Loaded,
}

/// Which module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Which {
    Dispatch,
    Resident,
    Tile,
    Block,
}

impl Kernels {
    pub(crate) fn new(gpu: &Gpu, sources: &Sources, tuning: Tuning) -> Self {
        let (block, text) = match tuning.large {
            Large::Quads => (&QUAD, &sources.quad),
            Large::Blocks | Large::Tiles => (&BLOCK, &sources.block),
        };
        Self {
            threads: tuning.threads,
            dispatch: Loaded::new(gpu, &DISPATCH, &sources.dispatch),
            resident: Loaded::new(gpu, &RESIDENT, &sources.resident),
            tile: Loaded::new(gpu, &TILE, &sources.tile),
            block: Loaded::new(gpu, block, text),
        }
    }

    fn loaded(&self, which: Which) -> &Loaded {
        match which {
            Which::Dispatch => &self.dispatch,
            Which::Resident => &self.resident,
            Which::Tile => &self.tile,
            Which::Block => &self.block,
        }
    }

    pub(crate) fn group_layout(&self, which: Which) -> &wgpu::BindGroupLayout {
        &self.loaded(which).groups
    }

    /// Makes the pipeline of a variant, unless it is there.
    pub(crate) fn make(&mut self, gpu: &Gpu, which: Which, variant: Variant) {
        let Variant { teams, uses, deep, .. } = variant;
        let team = if teams { self.threads } else { 1 };
        let all = [
            ("ACTS", uses.acts),
            ("PHIS", uses.phis),
            ("EPILOGUES", uses.epilogues),
            ("WG", self.threads),
            ("OPS", uses.ops),
            ("TEAM", team),
            ("A_DEEP", deep[0].into()),
            ("B_DEEP", deep[1].into()),
        ]
        .map(|(name, value)| (name, f64::from(value)));
        let (loaded, constants) = match which {
            Which::Dispatch => (&mut self.dispatch, all[..6].to_vec()),
            Which::Resident => (&mut self.resident, all[..6].to_vec()),
            Which::Tile => (&mut self.tile, all[..3].to_vec()),
            Which::Block => (&mut self.block, [&all[..3], &all[6..]].concat()),
        };
        loaded.make(gpu, variant, &constants);
    }

    /// The pipeline of a variant that was made.
    pub(crate) fn pipeline(
        &self,
        which: Which,
        variant: &Variant,
    ) -> Option<&wgpu::ComputePipeline> {
        self.loaded(which).pipelines.get(variant)
    }
}

impl Loaded {
    fn new(gpu: &Gpu, module: &Module, source: &str) -> Self {
        let text: Cow<'_, str> = if cfg!(target_arch = "wasm32") {
            module.for_browsers(source).into()
        } else {
            source.into()
        };
        let shader = gpu.device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(module.name),
            source: wgpu::ShaderSource::Wgsl(text),
        });
        let entries: Vec<_> = (0..).zip(module.bindings).map(|(i, b)| entry(i, b.access)).collect();
        let groups = gpu.device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some(module.name),
            entries: &entries,
        });
        let layout = gpu.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(module.name),
            bind_group_layouts: &[Some(&groups)],
            ..Default::default()
        });
        Self { shader, layout, groups, pipelines: HashMap::new() }
    }

    fn make(&mut self, gpu: &Gpu, variant: Variant, constants: &[(&str, f64)]) {
        self.pipelines.entry(variant).or_insert_with(|| {
            gpu.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(variant.entry),
                layout: Some(&self.layout),
                module: &self.shader,
                entry_point: Some(variant.entry),
                compilation_options: wgpu::PipelineCompilationOptions {
                    constants,
                    zero_initialize_workgroup_memory: false,
                },
                cache: None,
            })
        });
    }
}

/// Programs and plans are bound at an offset that moves with each dispatch.
fn entry(binding: u32, access: Access) -> wgpu::BindGroupLayoutEntry {
    let (ty, has_dynamic_offset) = match access {
        Access::ReadWrite => (wgpu::BufferBindingType::Storage { read_only: false }, false),
        Access::Read => (wgpu::BufferBindingType::Storage { read_only: true }, binding == 1),
        Access::Uniform => (wgpu::BufferBindingType::Uniform, true),
    };
    wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset, min_binding_size: None },
        count: None,
    }
}
