//! API tokens, found by their hash. At least one that administers everything always stays.

use jiff::Timestamp;

use super::keys::{Key, Table};
use super::page::Order;
use super::{Error, Page, PageRequest, Store, decode, remove, write};
use patchbay_model::api_token::ApiToken;
use patchbay_model::id::TokenId;
use patchbay_model::scope::Scope;

impl Store {
    pub async fn add_api_token(&self, token: &ApiToken) -> Result<(), Error> {
        let alone = self.inner.tokens.lock().await;
        let tokens_max = self.inner.options.api_tokens_max;
        if self.inner.tree.scan_prefix(Key::new(Table::ApiToken)).take(tokens_max).count() == tokens_max {
            return Err(Error::Conflict(format!("there are {tokens_max} API tokens, as many as may be; delete some")));
        }
        self.write_api_token(token)?;
        drop(alone);
        self.durable().await
    }

    pub fn api_token(&self, id: &TokenId) -> Result<Option<ApiToken>, Error> {
        self.get(&token_key(id))
    }

    pub fn api_token_with_hash(&self, hash: &str) -> Result<Option<ApiToken>, Error> {
        let id = self.get::<TokenId>(&hash_key(hash))?;
        id.map(|id| self.api_token(&id)).transpose().map(Option::flatten)
    }

    pub fn api_tokens(&self, request: &PageRequest) -> Result<Page<ApiToken>, Error> {
        self.page(&Key::new(Table::ApiToken), Order::NewestFirst, request, |_| true)
    }

    pub fn has_api_tokens(&self) -> bool {
        self.inner.tree.scan_prefix(Key::new(Table::ApiToken)).next().is_some()
    }

    /// Forgets a token: it is refused from now on. Without the last that can make others, the API would be closed.
    pub async fn remove_api_token(&self, token: &ApiToken) -> Result<(), Error> {
        let alone = self.inner.tokens.lock().await;
        if token.is_lasting_admin() && !self.has_lasting_admin_besides(token)? {
            return Err(Error::Conflict("it is the last admin token that does not expire; make another first".into()));
        }
        self.transact(|tx| {
            remove(tx, hash_key(&token.hash))?;
            remove(tx, token_key(&token.id))
        })?;
        drop(alone);
        self.durable().await
    }

    /// Takes over the token of a store that was made when there was only one, known by its hash alone.
    pub(super) fn adopt_first_api_token(&self) -> Result<(), Error> {
        let Some(hash) = self.get::<String>(&Key::new(Table::OnlyApiToken))? else { return Ok(()) };
        let token = ApiToken {
            id: TokenId::new(),
            name: "first".to_owned(),
            scope: Scope::Admin,
            hash,
            created_at: Timestamp::UNIX_EPOCH,
            expires_at: None,
        };
        self.transact(|tx| {
            write(tx, hash_key(&token.hash), &token.id)?;
            write(tx, token_key(&token.id), &token)?;
            remove(tx, Key::new(Table::OnlyApiToken))
        })
    }

    fn write_api_token(&self, token: &ApiToken) -> Result<(), Error> {
        self.transact(|tx| {
            write(tx, hash_key(&token.hash), &token.id)?;
            write(tx, token_key(&token.id), token)
        })
    }

    fn has_lasting_admin_besides(&self, token: &ApiToken) -> Result<bool, Error> {
        for row in self.inner.tree.scan_prefix(Key::new(Table::ApiToken)) {
            let other: ApiToken = decode(&row?.1)?;
            if other.id != token.id && other.is_lasting_admin() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn token_key(id: &TokenId) -> Key {
    Key::new(Table::ApiToken).tail(id.as_str())
}

/// A look-up by hash tells by its time at most something about a hash, and no token follows from its hash.
fn hash_key(hash: &str) -> Key {
    Key::new(Table::ApiTokenOfHash).tail(hash)
}
