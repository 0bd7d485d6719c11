//! Who may do what: the scopes of API tokens, and the one table that opens routes to them. Pure: no I/O, no clock.
//! What no row opens is for administrators alone; whose things a customer's token sees is `Scope::sees`.

use patchbay_model::scope::Scope;

/// A scope without whom it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Upload,
    Read,
    Customer,
}

use Kind::{Customer, Read, Upload};

const ADMIN_ONLY: &[Kind] = &[];

/// Every method of every route, with who may use it besides an administrator. HEAD counts as GET.
///
/// A customer's token is shown nothing of connectors and integrations but the events that can be subscribed to, which
/// are the same for every customer: the URI of a global webhook is a key to it, and parameters are the host's. It makes no
/// connections, because an id that another customer uses would have to be told from one that is free. It replays
/// nothing, because a request may concern others too.
const GRANTS: &[(&str, &str, &[Kind])] = &[
    ("GET", "/v1/connectors", &[Upload, Read]),
    ("POST", "/v1/connectors", &[Upload]),
    ("GET", "/v1/connectors/{key}", &[Upload, Read]),
    ("GET", "/v1/connectors/{key}/versions", &[Upload, Read]),
    ("GET", "/v1/connectors/{key}/versions/{version}", &[Upload, Read]),
    ("DELETE", "/v1/connectors/{key}/versions/{version}", ADMIN_ONLY),
    ("GET", "/v1/uploads/{digest}", &[Upload, Read]),
    ("GET", "/v1/integrations", &[Read]),
    ("GET", "/v1/integrations/{key}", &[Read]),
    ("PUT", "/v1/integrations/{key}", ADMIN_ONLY),
    ("PATCH", "/v1/integrations/{key}", ADMIN_ONLY),
    ("DELETE", "/v1/integrations/{key}", ADMIN_ONLY),
    ("GET", "/v1/integrations/{key}/global-webhooks", &[Read]),
    ("GET", "/v1/integrations/{key}/events", &[Read, Customer]),
    ("GET", "/v1/connections", &[Read, Customer]),
    ("GET", "/v1/connections/{id}", &[Read, Customer]),
    ("PUT", "/v1/connections/{id}", &[Customer]),
    ("PATCH", "/v1/connections/{id}", &[Customer]),
    ("DELETE", "/v1/connections/{id}", &[Customer]),
    ("GET", "/v1/subscriptions", &[Read, Customer]),
    ("POST", "/v1/subscriptions", &[Customer]),
    ("POST", "/v1/subscriptions/bulk", &[Customer]),
    ("GET", "/v1/subscriptions/{id}", &[Read, Customer]),
    ("PATCH", "/v1/subscriptions/{id}", &[Customer]),
    ("DELETE", "/v1/subscriptions/{id}", &[Customer]),
    ("POST", "/v1/subscriptions/{id}/resubscribe", &[Customer]),
    ("POST", "/v1/subscriptions/{id}/disable", &[Customer]),
    ("POST", "/v1/subscriptions/{id}/enable", &[Customer]),
    ("POST", "/v1/subscriptions/{id}/rotate-secret", &[Customer]),
    ("GET", "/v1/webhook-requests", &[Read, Customer]),
    ("GET", "/v1/webhook-requests/{id}", &[Read, Customer]),
    ("POST", "/v1/webhook-requests/{id}/replay", ADMIN_ONLY),
    ("POST", "/v1/webhook-requests/replay", ADMIN_ONLY),
    ("GET", "/v1/customers/{id}/why", &[Read, Customer]),
    ("GET", "/v1/events", &[Read, Customer]),
    ("GET", "/v1/events/{id}", &[Read, Customer]),
    ("GET", "/v1/deliveries", &[Read, Customer]),
    ("GET", "/v1/deliveries/{id}", &[Read, Customer]),
    ("POST", "/v1/deliveries/{id}/retry", &[Customer]),
    ("POST", "/v1/deliveries/retry", &[Customer]),
    ("GET", "/metrics", &[Read]),
    ("GET", "/v1/tokens", ADMIN_ONLY),
    ("POST", "/v1/tokens", ADMIN_ONLY),
    ("GET", "/v1/tokens/{id}", ADMIN_ONLY),
    ("DELETE", "/v1/tokens/{id}", ADMIN_ONLY),
];

/// Whether a method of a route is open to a scope. Which things it finds there is another question.
pub(crate) fn may(scope: &Scope, method: &str, route: &str) -> bool {
    let Some(kind) = kind(scope) else { return true };
    let method = if method == "HEAD" { "GET" } else { method };
    let rule = GRANTS.iter().find(|(of_method, of_route, _)| *of_method == method && *of_route == route);
    rule.is_some_and(|(_, _, kinds)| kinds.contains(&kind))
}

fn kind(scope: &Scope) -> Option<Kind> {
    match scope {
        Scope::Admin => None,
        Scope::Upload => Some(Kind::Upload),
        Scope::Read => Some(Kind::Read),
        Scope::Customer { .. } => Some(Kind::Customer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes() -> [Scope; 4] {
        [Scope::Admin, Scope::Upload, Scope::Read, Scope::Customer { customer: "acme".into() }]
    }

    fn check(method: &str, route: &str, expected: [bool; 4]) {
        assert_eq!(scopes().map(|scope| may(&scope, method, route)), expected, "{method} {route}");
    }

    #[test]
    fn each_scope_may_do_its_own_things_only() {
        check("GET", "/v1/connectors", [true, true, true, false]);
        check("HEAD", "/v1/connectors", [true, true, true, false]);
        check("POST", "/v1/connectors", [true, true, false, false]);
        check("PUT", "/v1/integrations/{key}", [true, false, false, false]);
        check("POST", "/v1/subscriptions", [true, false, false, true]);
        check("POST", "/v1/tokens", [true, false, false, false]);
        check("POST", "/v1/a-route-that-no-row-names", [true, false, false, false]);
    }

    #[test]
    fn reading_changes_nothing_and_uploading_reads_no_events() {
        for (method, route, _) in GRANTS {
            assert!(!may(&Scope::Read, method, route) || *method == "GET", "{method} {route}");
            let is_of_bundles = route.starts_with("/v1/connectors") || route.starts_with("/v1/uploads");
            assert!(!may(&Scope::Upload, method, route) || is_of_bundles, "{method} {route}");
        }
    }
}
