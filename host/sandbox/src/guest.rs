//! One call's world: its memory limit, its log, its deadline and what it may reach. Made for the call, dropped after.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::io::AsyncWrite;
use wasmtime::component::ResourceTable;
use wasmtime::{ResourceLimiter, UpdateDeadline};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::{HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use super::Limits;
use super::engine::MEMORIES_PER_CALL;
use super::meter::{Meter, Turns};
use patchbay_connector::api_client::ApiClient;

/// How much a guest may make the host copy in one call, in bytes: results of 1,000 events and a large answer.
const HOSTCALL_BYTES_MAX: usize = 64 << 20;

/// Streams, pollables and the like that a call may hold at once.
const RESOURCES_MAX: usize = 10_000;

/// Random bytes that a guest may ask for at once.
const RANDOM_BYTES_MAX: u64 = 1 << 20;

pub(super) struct Guest {
    wasi: WasiCtx,
    table: ResourceTable,
    pub(super) memory: MemoryLimit,
    pub(super) log: Log,
    /// `None` in `handle`, which belongs to no connection.
    pub(super) api_client: Option<ApiClient>,
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// Why a guest was stopped.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the deadline has passed")]
pub(super) struct DeadlinePassed;

/// Makes the store of one call. `deadline` bounds the call as a whole, `limits` the time that the guest itself runs.
pub(super) fn new_call(
    engine: &wasmtime::Engine,
    limits: &Limits,
    deadline: Instant,
    api_client: Option<ApiClient>,
    clock: Option<Timestamp>,
    (meter, turns): (Arc<Meter>, Turns),
) -> (wasmtime::Store<Guest>, Log) {
    let log = Log::new(limits.log_bytes_max);
    let mut wasi = WasiCtxBuilder::new();
    wasi.stdout(log.clone()).stderr(log.clone()).max_random_size(RANDOM_BYTES_MAX);
    let mut table = ResourceTable::new();
    table.set_max_capacity(RESOURCES_MAX);
    if let Some(now) = clock {
        wasi.wall_clock(FixedClock(now));
    }
    let guest = Guest {
        wasi: wasi.build(),
        table,
        memory: MemoryLimit { bytes_max: limits.memory_bytes_max, bytes: 0, is_reached: false },
        log: log.clone(),
        api_client,
    };
    let mut store = wasmtime::Store::new(engine, guest);
    store.limiter(|guest| &mut guest.memory);
    store.set_hostcall_fuel(HOSTCALL_BYTES_MAX);
    store.set_epoch_deadline(1);
    let cpu_max = Duration::from_millis(limits.cpu_ms_max);
    store.epoch_deadline_callback(move |_| {
        if meter.spent() >= cpu_max || Instant::now() >= deadline {
            return Err(DeadlinePassed.into());
        }
        if meter.may_end_first(&turns) {
            return Ok(UpdateDeadline::Continue(1));
        }
        Ok(UpdateDeadline::YieldCustom(1, meter.rest(&turns)))
    });
    (store, log)
}

/// Bounds the memories of one call, all together.
pub(super) struct MemoryLimit {
    bytes_max: usize,
    bytes: usize,
    /// Whether the guest ever asked for more.
    pub(super) is_reached: bool,
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let bytes = self.bytes.saturating_add(desired.saturating_sub(current));
        let is_granted = bytes <= self.bytes_max;
        self.is_reached |= !is_granted;
        self.bytes = if is_granted { bytes } else { self.bytes };
        Ok(is_granted)
    }

    fn memories(&self) -> usize {
        MEMORIES_PER_CALL as usize
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= 100_000)
    }
}

/// The log lines of a call, cut at a limit.
#[derive(Clone)]
pub(super) struct Log {
    lines: Arc<Mutex<Lines>>,
}

struct Lines {
    lines: Vec<String>,
    bytes_left: usize,
    is_cut: bool,
}

impl Log {
    fn new(bytes_max: usize) -> Log {
        let lines = Lines { lines: Vec::new(), bytes_left: bytes_max, is_cut: false };
        Log { lines: Arc::new(Mutex::new(lines)) }
    }

    pub(super) fn write(&self, level: &str, message: &str) {
        let mut lines = self.lines();
        let cost = level.len() + message.len() + 2;
        if lines.is_cut {
            return;
        }
        if cost > lines.bytes_left {
            lines.is_cut = true;
            lines.lines.push("warn: the log is cut here: it is longer than a call may write".to_owned());
            return;
        }
        lines.bytes_left -= cost;
        lines.lines.push(format!("{level}: {message}"));
    }

    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.lines().lines)
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IsTerminal for Log {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Log {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for Log {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        for line in String::from_utf8_lossy(bytes).lines().filter(|line| !line.is_empty()) {
            self.write("stdio", line);
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A clock that stands still, for examples with signed time stamps.
struct FixedClock(Timestamp);

impl HostWallClock for FixedClock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.as_millisecond()).unwrap_or(0))
    }
}
