//! Pipelines, made when they are first needed: one a kernel and workgroup size.

use std::borrow::Cow;
use std::collections::HashMap;

use adversaria_kernels::encode::Uses;
use adversaria_kernels::wgsl::{Access, DISPATCH, Module, RESIDENT, TILE};

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
}

impl Default for Sources {
    fn default() -> Self {
        Self {
            dispatch: DISPATCH.source.into(),
            resident: RESIDENT.source.into(),
            tile: TILE.source.into(),
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
    pub(crate) uses: Uses,
}

/// The modules of one executor.
pub(crate) struct Kernels {
    threads: u32,
    dispatch: Loaded,
    resident: Loaded,
    tile: Loaded,
}

/// Which module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Which {
    Dispatch,
    Resident,
    Tile,
}

impl Kernels {
    pub(crate) fn new(gpu: &Gpu, sources: &Sources, threads: u32) -> Self {
        Self {
            threads,
            dispatch: Loaded::new(gpu, &DISPATCH, &sources.dispatch),
            resident: Loaded::new(gpu, &RESIDENT, &sources.resident),
            tile: Loaded::new(gpu, &TILE, &sources.tile),
        }
    }

    fn loaded(&self, which: Which) -> &Loaded {
        match which {
            Which::Dispatch => &self.dispatch,
            Which::Resident => &self.resident,
            Which::Tile => &self.tile,
        }
    }

    pub(crate) fn group_layout(&self, which: Which) -> &wgpu::BindGroupLayout {
        &self.loaded(which).groups
    }

    /// Makes the pipeline of a variant, unless it is there.
    pub(crate) fn make(&mut self, gpu: &Gpu, which: Which, variant: Variant) {
        let Variant { teams, uses, .. } = variant;
        let team = if teams { self.threads } else { 1 };
        let constants = [
            ("ACTS", uses.acts),
            ("PHIS", uses.phis),
            ("OPS", uses.ops),
            ("TEAM", team),
            ("WG", self.threads),
        ]
        .map(|(name, value)| (name, f64::from(value)));
        let (loaded, constants) = match which {
            Which::Dispatch => (&mut self.dispatch, &constants[..]),
            Which::Resident => (&mut self.resident, &constants[..]),
            Which::Tile => (&mut self.tile, &constants[..1]),
        };
        loaded.make(gpu, variant, constants);
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
        let shader = gpu.device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(module.name),
            source: wgpu::ShaderSource::Wgsl(source.into()),
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
