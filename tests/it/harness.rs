//! What every black-box test stands on: the real server as a process, real connectors, a receiver of deliveries and an
//! external app's API. Knows the server only by its command line and its HTTP interface.

mod answer;
mod api;
mod bundles;
mod certified;
mod external_api;
mod faulty;
mod guests;
mod host;
mod inner_hosts;
mod npm;
mod preloaded;
mod random;
mod receiver;
mod refusing_disk;
mod router;
mod routes;
mod setup;
mod template;
mod trap;
mod wait;

pub(crate) use answer::Answer;
pub(crate) use api::Api;
pub(crate) use bundles::{build, build_for, connector_folder, repository};
pub(crate) use certified::Certified;
pub(crate) use external_api::ExternalApi;
pub(crate) use faulty::{FAULTS, Faulty, Kind};
pub(crate) use guests::{guest, guest_of, guest_with_manifest, guests_folder};
pub(crate) use host::{Host, Settings, program};
pub(crate) use inner_hosts::INNER_HOSTS;
pub(crate) use npm::node;
pub(crate) use preloaded::preloaded;
pub(crate) use random::Random;
pub(crate) use receiver::{Received, Receiver, Step};
pub(crate) use refusing_disk::{BROKEN, FULL, RefusingDisk, UNSYNCED};
pub(crate) use router::{core_module, router, router_to_compile, section};
pub(crate) use routes::routes;
pub(crate) use setup::Echo;
pub(crate) use trap::Trap;
pub(crate) use wait::{never, wait_for};
