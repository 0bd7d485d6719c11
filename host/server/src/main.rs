//! The program `patchbay`. What it does is in the library; see `cli.rs`.

/// Memory is taken and given back many times for each webhook, on many threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    patchbay::cli::main()
}
