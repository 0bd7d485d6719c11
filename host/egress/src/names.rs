//! Looks names up and refuses those that lead inside. Never looks twice: what was checked is what is connected to.

use std::net::SocketAddr;
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::{address, port};

/// Answers with addresses of which each was checked; the client connects to these and asks nobody else, so a name
/// that changes its mind between check and connection gains nothing.
pub(super) struct CheckedResolver<R> {
    pub(super) names: R,
    pub(super) allow: Arc<[IpNet]>,
    /// Whether it lets allowed networks alone be reached.
    pub(super) is_inner: bool,
}

/// Travels through the client's own errors, where `failure` finds it again.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Refused(String);

/// As the operating system knows them.
#[derive(Clone, Copy)]
pub(super) struct SystemNames;

impl Resolve for SystemNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addrs: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(addrs.into_iter()) as Addrs)
        })
    }
}

impl<R: Resolve> Resolve for CheckedResolver<R> {
    fn resolve(&self, name: Name) -> Resolving {
        let (allow, is_inner, host) = (self.allow.clone(), self.is_inner, name.as_str().to_owned());
        let looked_up = self.names.resolve(name);
        Box::pin(async move {
            let addrs: Vec<SocketAddr> = looked_up.await?.collect();
            // One bad address spoils the name: a public one beside it is how a guard is got round.
            if let Some(why) = addrs.iter().find_map(|addr| address::refusal(addr.ip(), &allow)) {
                return Err(Refused(format!("{host} has an address that is {why}")).into());
            }
            if is_inner && !addrs.iter().all(|addr| address::is_allowed(addr.ip(), &allow)) {
                return Err(Refused(format!("{host} may not be reached at this port: {}", port::REMEDY)).into());
            }
            Ok(Box::new(addrs.into_iter()) as Addrs)
        })
    }
}
