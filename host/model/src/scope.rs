//! What an API token is good for, and whose things it sees.

use serde::{Deserialize, Serialize};

/// What an API token is good for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "scope", rename_all = "kebab-case")]
pub enum Scope {
    /// Everything.
    Admin,
    /// New versions of connectors: for the pipeline that builds them.
    Upload,
    /// Everything that can be read but API tokens.
    Read,
    /// What belongs to one customer.
    Customer { customer: String },
}

impl Scope {
    /// Whether what belongs to this customer is there for this scope.
    pub fn sees(&self, customer: &str) -> bool {
        self.customer().is_none_or(|own| own == customer)
    }

    /// The one customer that it is bound to.
    pub fn customer(&self) -> Option<&str> {
        match self {
            Scope::Customer { customer } => Some(customer),
            Scope::Admin | Scope::Upload | Scope::Read => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes() -> [Scope; 4] {
        [Scope::Admin, Scope::Upload, Scope::Read, Scope::Customer { customer: "acme".into() }]
    }

    #[test]
    fn only_a_customers_token_is_bound_to_one() {
        assert_eq!(scopes().map(|scope| scope.sees("acme")), [true; 4]);
        assert_eq!(scopes().map(|scope| scope.sees("acm")), [true, true, true, false]);
    }

    #[test]
    fn a_scope_is_kept_by_its_name() {
        let kept = |scope: &Scope| serde_json::to_string(scope).unwrap();
        assert_eq!(kept(&Scope::Admin), r#"{"scope":"admin"}"#);
        assert_eq!(kept(&scopes()[3]), r#"{"scope":"customer","customer":"acme"}"#);
    }
}
