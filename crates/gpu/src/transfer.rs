//! Words to and from the device, in the order of the commands: writes go through a buffer of uploads, reads through
//! staging buffers that are mapped when the device gets there. Nothing here waits.

use std::collections::BTreeMap;
use std::ops::{Deref, Range};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use adversaria_kernels::backend::{BackendError, Ticket};

use crate::device::Gpu;

/// Bytes of uploads between two submissions; what is larger is written apart.
const UPLOAD_BYTES: u64 = 1 << 18;
/// Staging buffers come in multiples of this many bytes, so that they can be used again.
const STAGING_BYTES: u64 = 1 << 14;

/// A buffer of the device that ends with its owner: browsers keep what is merely dropped until their collector comes by.
/// Whoever drops one has submitted all commands that use it; the device still does those.
pub(crate) struct Memory(wgpu::Buffer);

impl Memory {
    pub(crate) fn new(gpu: &Gpu, label: &str, bytes: u64, usage: wgpu::BufferUsages) -> Self {
        Self(gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: bytes,
            usage,
            mapped_at_creation: false,
        }))
    }
}

impl Deref for Memory {
    type Target = wgpu::Buffer;

    fn deref(&self) -> &wgpu::Buffer {
        &self.0
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.0.destroy();
    }
}

/// A buffer whose parts are filled one after the other until the next submission.
pub(crate) struct Uploads {
    pub(crate) buffer: Memory,
    next: u64,
    align: u64,
}

impl Uploads {
    pub(crate) fn new(gpu: &Gpu, usage: wgpu::BufferUsages, align: u64) -> Self {
        let usage = usage | wgpu::BufferUsages::COPY_DST;
        Self { buffer: Memory::new(gpu, "uploads", UPLOAD_BYTES, usage), next: 0, align }
    }

    /// Where the bytes now stand; `None` when there is no room before the next submission.
    pub(crate) fn put(&mut self, gpu: &Gpu, bytes: &[u8]) -> Option<u64> {
        let at = self.next;
        if at + bytes.len() as u64 > UPLOAD_BYTES {
            return None;
        }
        gpu.queue.write_buffer(&self.buffer, at, bytes);
        self.next = (at + bytes.len() as u64).next_multiple_of(self.align);
        Some(at)
    }

    /// Everything put so far has been submitted.
    pub(crate) fn restart(&mut self) {
        self.next = 0;
    }
}

/// A buffer that words are read back through, and how far it is: asked for, mapped, or failed.
struct Staging {
    buffer: Memory,
    used: u64,
    state: Arc<AtomicU8>,
    /// Answers that still have to be taken from it.
    owed: u32,
}

impl Staging {
    /// Whether it is of no more use to anybody. While it is being mapped it cannot be used again.
    fn is_done(&self) -> bool {
        self.owed == 0 && self.state.load(Ordering::Acquire) != UNDER_WAY
    }
}

const UNDER_WAY: u8 = 0;
const MAPPED: u8 = 1;
const FAILED: u8 = 2;

/// Where the words of a ticket are.
struct Place {
    staging: u64,
    bytes: Range<u64>,
}

/// Reads that were asked for.
#[derive(Default)]
pub(crate) struct Reads {
    staging: BTreeMap<u64, Staging>,
    places: BTreeMap<Ticket, Place>,
    /// The staging buffers that reads are being recorded into, the last one with room.
    open: Vec<u64>,
    free: Vec<Memory>,
    count: u64,
}

impl Reads {
    /// Records copies of these words.
    pub(crate) fn record(
        &mut self,
        gpu: &Gpu,
        encoder: &mut wgpu::CommandEncoder,
        arena: &wgpu::Buffer,
        ranges: &[Range<u32>],
    ) -> Ticket {
        let bytes = ranges.iter().map(|r| 4 * u64::from(r.end - r.start)).sum();
        let number = self.room(gpu, bytes);
        self.count += 1;
        let ticket = Ticket(self.count);
        if let Some(staging) = self.staging.get_mut(&number) {
            let begin = staging.used.next_multiple_of(wgpu::MAP_ALIGNMENT);
            staging.used = begin;
            for range in ranges.iter().filter(|range| !range.is_empty()) {
                let len = 4 * u64::from(range.end - range.start);
                let from = 4 * u64::from(range.start);
                encoder.copy_buffer_to_buffer(arena, from, &staging.buffer, staging.used, len);
                staging.used += len;
            }
            staging.owed += 1;
            self.places.insert(ticket, Place { staging: number, bytes: begin..staging.used });
        }
        ticket
    }

    /// The number of an open staging buffer with room for so many bytes.
    fn room(&mut self, gpu: &Gpu, bytes: u64) -> u64 {
        self.recycle();
        let bytes = bytes + wgpu::MAP_ALIGNMENT;
        if let Some(&number) = self.open.last()
            && let Some(staging) = self.staging.get(&number)
            && staging.used + bytes <= staging.buffer.size()
        {
            return number;
        }
        let fits = self.free.iter().position(|buffer| buffer.size() >= bytes);
        let fresh = || {
            let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
            Memory::new(gpu, "read-back", bytes.next_multiple_of(STAGING_BYTES), usage)
        };
        let buffer = fits.map_or_else(fresh, |at| self.free.swap_remove(at));
        self.count += 1;
        let state = Arc::new(AtomicU8::new(UNDER_WAY));
        self.staging.insert(self.count, Staging { buffer, used: 0, state, owed: 0 });
        self.open.push(self.count);
        self.count
    }

    /// Asks for everything recorded so far to be mapped: the commands have been submitted.
    pub(crate) fn submitted(&mut self, gpu: &Gpu) {
        for number in std::mem::take(&mut self.open) {
            let Some(staging) = self.staging.get(&number) else { continue };
            let (state, wake) = (Arc::clone(&staging.state), gpu.wake);
            staging.buffer.map_async(wgpu::MapMode::Read, ..staging.used.max(8), move |result| {
                state.store(if result.is_ok() { MAPPED } else { FAILED }, Ordering::Release);
                wake();
            });
        }
    }

    /// Whether a read has been recorded that was not submitted.
    pub(crate) const fn are_open(&self) -> bool {
        !self.open.is_empty()
    }

    pub(crate) fn in_flight(&self) -> bool {
        self.staging.values().any(|staging| staging.state.load(Ordering::Acquire) == UNDER_WAY)
    }

    /// The words of a ticket, once they are there.
    pub(crate) fn take(&mut self, ticket: Ticket) -> Result<Option<Vec<f32>>, BackendError> {
        let unknown = || BackendError::Unknown { what: format!("read-back {}", ticket.0) };
        let place = self.places.get(&ticket).ok_or_else(unknown)?;
        let staging = self.staging.get(&place.staging).ok_or_else(unknown)?;
        match staging.state.load(Ordering::Acquire) {
            UNDER_WAY => return Ok(None),
            FAILED => return Err(lost("a read-back failed")),
            _ => {}
        }
        let words = if place.bytes.is_empty() {
            Vec::new()
        } else {
            let view = staging
                .buffer
                .get_mapped_range(place.bytes.clone())
                .map_err(|error| lost(&error.to_string()))?;
            bytemuck::pod_collect_to_vec(&view)
        };
        self.forget(ticket);
        self.recycle();
        Ok(Some(words))
    }

    /// Nobody will take the words of this ticket any more.
    pub(crate) fn forget(&mut self, ticket: Ticket) {
        if let Some(place) = self.places.remove(&ticket)
            && let Some(staging) = self.staging.get_mut(&place.staging)
        {
            staging.owed -= 1;
        }
    }

    /// Buffers from which nobody wants anything any more are there for the next reads.
    fn recycle(&mut self) {
        for (_, staging) in self.staging.extract_if(.., |_, staging| staging.is_done()) {
            // One whose mapping failed is of a device that is gone, or of too little memory.
            if staging.state.load(Ordering::Acquire) == MAPPED {
                staging.buffer.unmap();
                self.free.push(staging.buffer);
            }
        }
    }

    /// Staging buffers, those that are free included.
    pub(crate) fn held(&self) -> usize {
        self.staging.len() + self.free.len()
    }
}

fn lost(why: &str) -> BackendError {
    BackendError::Lost { why: why.to_owned() }
}
