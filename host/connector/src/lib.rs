//! What a connector is without its code running: its bundle taken apart, the schemas of what it asks for, and the requests
//! that it may make. Apart from the sandbox, so that it is built, and fuzzed, without the WebAssembly engine.

pub mod api_client;
pub mod bundle;
pub mod schema;
