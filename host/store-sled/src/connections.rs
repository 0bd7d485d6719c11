//! Connections. Removing one removes its subscriptions: a customer who leaves gets nothing more.

use super::integrations::integration_key;
use super::keys::{Key, Table};
use super::page::Order;
use super::{Error, Page, PageRequest, Store, abort, check_unchanged, mark, read, remove, write};
use patchbay_model::connection::Connection;
use patchbay_model::integration::Integration;

impl Store {
    /// Creates or replaces a connection. It cannot move to another integration or customer.
    pub async fn put_connection(&self, connection: &Connection) -> Result<(), Error> {
        self.write_connection(connection, None).await
    }

    /// Replaces a connection that still is as it was when `earlier` was read; else `Error::Changed`.
    pub async fn replace_connection(&self, earlier: &Connection, connection: &Connection) -> Result<(), Error> {
        self.write_connection(connection, Some(earlier)).await
    }

    async fn write_connection(&self, connection: &Connection, known: Option<&Connection>) -> Result<(), Error> {
        let index =
            Key::new(Table::ConnectionOfIntegration).part(connection.integration_id.as_str()).tail(&connection.id);
        let alone = self.change_routing().await;
        self.transact(|tx| {
            check_unchanged(tx, &connection_key(&connection.id), known)?;
            let integration = read::<Integration>(tx, &integration_key(&connection.integration))?;
            if integration.is_none_or(|integration| integration.id != connection.integration_id) {
                return abort(Error::Conflict("its integration was deleted meanwhile".into()));
            }
            let earlier = read::<Connection>(tx, &connection_key(&connection.id))?;
            if earlier.as_ref().is_some_and(|earlier| earlier.integration_id != connection.integration_id) {
                return abort(Error::Conflict("the connection belongs to another integration".into()));
            }
            // Whoever looked before may have seen one that was deleted since, and made anew for somebody else.
            if earlier.is_some_and(|earlier| earlier.customer != connection.customer) {
                return abort(Error::Conflict("the connection belongs to another customer".into()));
            }
            write(tx, connection_key(&connection.id), connection)?;
            mark(tx, connections_of(&connection.customer).tail(&connection.id))?;
            mark(tx, index.clone())
        })?;
        drop(alone);
        self.durable().await
    }

    pub fn connection(&self, id: &str) -> Result<Option<Connection>, Error> {
        self.get(&connection_key(id))
    }

    pub fn connections(
        &self,
        request: &PageRequest,
        fits: impl Fn(&Connection) -> bool,
    ) -> Result<Page<Connection>, Error> {
        self.page(&Key::new(Table::Connection), Order::OldestFirst, request, fits)
    }

    /// The connections of one customer.
    pub fn connections_of_customer(
        &self,
        customer: &str,
        request: &PageRequest,
        fits: impl Fn(&Connection) -> bool,
    ) -> Result<Page<Connection>, Error> {
        let find = |id: &str, _: &[u8]| self.connection(id);
        self.page_of(&connections_of(customer), Order::OldestFirst, request, find, fits)
    }

    pub async fn remove_connection(&self, connection: &Connection) -> Result<(), Error> {
        let alone = self.change_routing().await;
        for subscription in self.subscriptions_of_connection(&connection.id)? {
            self.forget_subscription(&subscription)?;
        }
        let index =
            Key::new(Table::ConnectionOfIntegration).part(connection.integration_id.as_str()).tail(&connection.id);
        self.transact(|tx| {
            remove(tx, index.clone())?;
            remove(tx, connections_of(&connection.customer).tail(&connection.id))?;
            remove(tx, connection_key(&connection.id))
        })?;
        drop(alone);
        self.durable().await
    }
}

/// What all connections of a customer have in common.
pub(super) fn connections_of(customer: &str) -> Key {
    Key::new(Table::ConnectionOfCustomer).part(customer)
}

pub(super) fn connection_key(id: &str) -> Key {
    Key::new(Table::Connection).tail(id)
}
