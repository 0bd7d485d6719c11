//! Which connections are open: a bound for all of them and one for each address. Where a bound is reached, the connection
//! that has had nothing to do for longest is closed, first among those that never sent a request.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ipnet::IpNet;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::deadlines::Activity;

pub(super) struct Connections {
    all: Arc<Semaphore>,
    per_address_max: usize,
    trusted: Vec<IpNet>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    next: u64,
    connections: HashMap<u64, Connection>,
    by_address: HashMap<IpAddr, usize>,
}

struct Connection {
    address: IpAddr,
    activity: Arc<Activity>,
    close: CancellationToken,
}

/// One open connection, until it is dropped.
pub(super) struct Admitted {
    connections: Arc<Connections>,
    number: u64,
    /// Cancelled to make room for another one.
    pub(super) close: CancellationToken,
    _place: OwnedSemaphorePermit,
}

impl Connections {
    pub(super) fn new(max: usize, per_address_max: usize, trusted: Vec<IpNet>) -> Arc<Connections> {
        Arc::new(Connections { all: Arc::new(Semaphore::new(max)), per_address_max, trusted, open: Mutex::default() })
    }

    /// Waits for a place among all. `None` if its address has too many that are busy.
    pub(super) async fn admit(self: &Arc<Self>, peer: IpAddr, activity: &Arc<Activity>) -> Option<Admitted> {
        let address = sender(peer);
        if !self.is_trusted(peer) && !self.has_room_for(address) {
            return None;
        }
        let place = match Arc::clone(&self.all).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => {
                self.open().close_idle(|_| true);
                Arc::clone(&self.all).acquire_owned().await.ok()?
            }
        };
        let close = CancellationToken::new();
        let connection = Connection { address, activity: Arc::clone(activity), close: close.clone() };
        let number = self.open().add(connection);
        Some(Admitted { connections: Arc::clone(self), number, close, _place: place })
    }

    fn is_trusted(&self, peer: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(&peer.to_canonical()))
    }

    fn has_room_for(&self, address: IpAddr) -> bool {
        let mut open = self.open();
        let count = open.by_address.get(&address).copied().unwrap_or(0);
        count < self.per_address_max || open.close_idle(|connection| connection.address == address)
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn add(&mut self, connection: Connection) -> u64 {
        self.next += 1;
        *self.by_address.entry(connection.address).or_default() += 1;
        self.connections.insert(self.next, connection);
        self.next
    }

    /// Closes the one that has been idle for longest. Returns whether there was one.
    fn close_idle(&mut self, is_meant: impl Fn(&Connection) -> bool) -> bool {
        let idle = self.connections.iter().filter(|(_, connection)| is_meant(connection));
        let idle = idle.filter_map(|(number, connection)| Some((connection.activity.idle_since()?, *number)));
        let Some((_, number)) = idle.min() else { return false };
        if let Some(connection) = self.remove(number) {
            connection.close.cancel();
        }
        true
    }

    fn remove(&mut self, number: u64) -> Option<Connection> {
        let connection = self.connections.remove(&number)?;
        let count = self.by_address.get_mut(&connection.address)?;
        *count -= 1;
        if *count == 0 {
            self.by_address.remove(&connection.address);
        }
        Some(connection)
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.connections.open().remove(self.number);
    }
}

/// Who counts as one sender: an IPv4 address, or a network of 64 bits, as one household gets.
pub(in crate::http) fn sender(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    const A: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const B: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    fn activity() -> Arc<Activity> {
        Arc::new(Activity::new(Instant::now()))
    }

    #[tokio::test]
    async fn the_connection_that_never_asked_makes_room_first_and_a_busy_one_never() {
        let connections = Connections::new(3, 10, Vec::new());
        let (busy, served, silent) = (activity(), activity(), activity());
        let _in_flight = busy.begin(false);
        drop(served.begin(false));
        let busy = connections.admit(A, &busy).await.unwrap();
        let served = connections.admit(A, &served).await.unwrap();
        let silent = connections.admit(A, &silent).await.unwrap();
        let admitted = tokio::spawn({
            let connections = Arc::clone(&connections);
            async move { connections.admit(B, &activity()).await.is_some() }
        });
        silent.close.cancelled().await;
        assert!(!busy.close.is_cancelled() && !served.close.is_cancelled());
        drop(silent);
        assert!(admitted.await.unwrap());
    }

    #[tokio::test]
    async fn an_address_has_its_own_bound_unless_it_stands_for_many() {
        let trusted: IpNet = "192.0.2.2/32".parse().unwrap();
        let connections = Connections::new(100, 2, vec![trusted]);
        let busy = activity();
        let _in_flight = busy.begin(false);
        let _first = connections.admit(A, &busy).await.unwrap();
        let second = connections.admit(A, &busy).await.unwrap();
        assert!(connections.admit(A, &busy).await.is_none());
        drop(second);
        let idle = connections.admit(A, &activity()).await.unwrap();
        let _third = connections.admit(A, &busy).await.unwrap();
        assert!(idle.close.is_cancelled());
        let mut others = Vec::new();
        for _ in 0..5 {
            others.push(connections.admit(B, &busy).await.unwrap());
        }
    }

    #[test]
    fn a_household_is_one_sender() {
        let same = |a: &str, b: &str| sender(a.parse().unwrap()) == sender(b.parse().unwrap());
        assert!(same("2001:db8::1", "2001:db8::2:3") && !same("2001:db8::1", "2001:db8:0:1::1"));
        assert!(same("::ffff:192.0.2.1", "192.0.2.1") && !same("192.0.2.1", "192.0.2.2"));
    }
}
