//! The contract in `wit/`, as Rust types and calls.

#![allow(unreachable_pub, missing_debug_implementations, clippy::all, reason = "generated from wit/connector.wit")]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "connector",
    imports: { "patchbay:connector/api-client.send": async | trappable },
    exports: { default: async },
});
