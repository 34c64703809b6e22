//! The device's own clock: how long submissions kept it, where it has timestamps. Natively only: browsers round
//! timestamps to a tenth of a millisecond, and each would cost a slice another read-back there.

use adversaria_kernels::backend::{BackendError, Ticket};

use crate::device::Gpu;
use crate::transfer::{Memory, Reads};

/// The beginning and the end of a submission, 64 bits each.
const STAMPS: u32 = 2;
const STAMP_WORDS: u32 = 2 * STAMPS;

/// Measures submissions, one after the other.
pub(crate) struct Clock {
    queries: wgpu::QuerySet,
    resolved: Memory,
    nanos_per_tick: f64,
    /// Begins and ends that are on their way.
    tickets: Vec<Ticket>,
    /// Sum of those that came.
    micros: f64,
}

impl Clock {
    /// The clock of this device, if it has one.
    pub(crate) fn of(gpu: &Gpu) -> Option<Self> {
        gpu.device.features().contains(wgpu::Features::TIMESTAMP_QUERY).then(|| Self {
            queries: gpu.device.create_query_set(&wgpu::QuerySetDescriptor {
                label: Some("clock"),
                ty: wgpu::QueryType::Timestamp,
                count: STAMPS,
            }),
            resolved: Memory::new(
                gpu,
                "clock",
                4 * u64::from(STAMP_WORDS),
                wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC,
            ),
            nanos_per_tick: f64::from(gpu.queue.get_timestamp_period()),
            tickets: vec![],
            micros: 0.0,
        })
    }

    /// Notes when the device begins with what is recorded next.
    pub(crate) fn begin(&self, encoder: &mut wgpu::CommandEncoder) {
        self.stamp(encoder, Some(0), None);
    }

    /// Notes when the device is done with what was recorded, and asks for both times.
    pub(crate) fn end(&mut self, gpu: &Gpu, encoder: &mut wgpu::CommandEncoder, reads: &mut Reads) {
        self.stamp(encoder, None, Some(1));
        encoder.resolve_query_set(&self.queries, 0..STAMPS, &self.resolved, 0);
        self.tickets.push(reads.record(
            gpu,
            encoder,
            &self.resolved,
            std::slice::from_ref(&(0..STAMP_WORDS)),
        ));
    }

    /// A pass that does nothing else.
    fn stamp(&self, encoder: &mut wgpu::CommandEncoder, begin: Option<u32>, end: Option<u32>) {
        drop(encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
            label: Some("clock"),
            timestamp_writes: Some(wgpu::ComputePassTimestampWrites {
                query_set: &self.queries,
                beginning_of_pass_write_index: begin,
                end_of_pass_write_index: end,
            }),
        }));
    }

    /// Takes the times that have come; microseconds in all so far.
    ///
    /// # Errors
    /// When the device is gone.
    pub(crate) fn micros(&mut self, reads: &mut Reads) -> Result<f64, BackendError> {
        let waiting = std::mem::take(&mut self.tickets);
        for ticket in waiting {
            match reads.take(ticket)? {
                Some(words) => self.micros += self.between(&words),
                None => self.tickets.push(ticket),
            }
        }
        Ok(self.micros)
    }

    /// Microseconds from the first stamp to the second.
    fn between(&self, words: &[f32]) -> f64 {
        let stamp = |at: usize| {
            let half = |at: usize| words.get(at).map_or(0, |word| u64::from(word.to_bits()));
            half(at) | half(at + 1) << 32
        };
        #[expect(clippy::cast_precision_loss, reason = "seconds at most")]
        let ticks = stamp(2).saturating_sub(stamp(0)) as f64;
        ticks * self.nanos_per_tick / 1000.0
    }
}
