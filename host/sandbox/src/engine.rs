//! The engine: which WebAssembly a connector may use, how its memory is laid out, and the clock that interrupts it.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use super::Limits;
use super::functions::Functions;

/// How often a running guest is interrupted, to count its time and to let others run.
pub(super) const TICK_MS: u64 = 10;

/// What one instance may have of each. A componentize-js component has 4 core instances and 1 memory.
const CORE_INSTANCES_PER_CALL: u32 = 16;
pub(super) const MEMORIES_PER_CALL: u32 = 2;
const TABLES_PER_CALL: u32 = 16;
const TABLE_ELEMENTS_MAX: usize = 100_000;
const CORE_INSTANCE_BYTES_MAX: usize = 4 << 20;

/// The stack of a call, of which the guest may use the larger part: an interpreter needs about 1 KB for each call of JavaScript
/// that waits for another. Only what was touched takes memory.
const STACK_BYTES: usize = 2 << 20;
const GUEST_STACK_BYTES: usize = 3 << 19;

/// Memory of a slot that stays in place between calls and is written anew for the next: what a call of a JavaScript engine
/// writes to. See `resident`.
const KEEP_RESIDENT_BYTES: usize = 4 << 20;
/// The part of it that is put in place: what most calls write to. The rest is room for what single calls wrote, because wasmtime
/// gives back what lies highest.
pub(super) const PUT_IN_PLACE_BYTES: usize = KEEP_RESIDENT_BYTES / 2;

/// Builds the engine of a running host. Where the address space does not suffice for pooled memory it goes without.
pub(super) fn for_calls(limits: &Limits) -> wasmtime::Result<Engine> {
    let mut config = compiler_config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pooling(limits)));
    match Engine::new(&config) {
        Ok(engine) => Ok(engine),
        Err(error) => {
            tracing::warn!(%error, "no room for pooled guest memory; calls will be slower");
            Engine::new(&compiler_config())
        }
    }
}

/// Builds an engine that only compiles. Its machine code fits the engine `for_calls`.
pub(super) fn for_compiling(functions: Arc<Functions>) -> wasmtime::Result<Engine> {
    let mut config = compiler_config();
    config.enable_incremental_compilation(functions)?;
    Engine::new(&config)
}

/// What machine code depends on (not: where in its file a crash was, which nobody is told), and what a connector may use: no threads, no 64-bit memory, no exceptions, no GC, no
/// stack switching.
fn compiler_config() -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .wasm_component_model(true)
        .wasm_memory64(false)
        .wasm_relaxed_simd(false)
        .wasm_wide_arithmetic(false)
        .wasm_custom_page_sizes(false)
        .async_stack_size(STACK_BYTES)
        .max_wasm_stack(GUEST_STACK_BYTES)
        .native_unwind_info(false)
        .generate_address_map(false);
    config
}

fn pooling(limits: &Limits) -> PoolingAllocationConfig {
    let calls = u32::try_from(limits.calls_max).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(calls)
        .total_core_instances(calls.saturating_mul(CORE_INSTANCES_PER_CALL))
        .total_memories(calls.saturating_mul(MEMORIES_PER_CALL))
        .total_tables(calls.saturating_mul(TABLES_PER_CALL))
        .total_stacks(calls)
        .max_core_instances_per_component(CORE_INSTANCES_PER_CALL)
        .max_memories_per_component(MEMORIES_PER_CALL)
        .max_tables_per_component(TABLES_PER_CALL)
        .max_core_instance_size(CORE_INSTANCE_BYTES_MAX)
        .max_component_instance_size(CORE_INSTANCE_BYTES_MAX)
        .max_memory_size(limits.memory_bytes_max)
        .table_elements(TABLE_ELEMENTS_MAX)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(1 << 16)
        .pagemap_scan(Enabled::Auto);
    pool
}

/// Starts the clock that interrupts guests. It ends with the engine.
pub(super) fn start_ticking(engine: &Engine) -> std::io::Result<()> {
    let engine = engine.weak();
    thread::Builder::new().name("epoch".into()).spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(Duration::from_millis(TICK_MS));
        }
    })?;
    Ok(())
}
