//! How requests leave: through the guarded egress, or, in a connector's examples, not at all.

use std::sync::Arc;

use bytes::Bytes;

use crate::egress::{Egress, Error, Request, Response};

#[derive(Clone)]
pub(crate) enum Transport {
    Egress(Arc<Egress>),
    /// Answers that stand in an example file. Nothing is sent.
    Canned(Vec<Canned>),
}

#[derive(Clone, Debug)]
pub(crate) struct Canned {
    /// Method and path, for example `GET /users/me`.
    pub(crate) request: String,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Transport {
    pub(super) async fn send(&self, request: Request) -> Result<Response, Error> {
        match self {
            Transport::Egress(egress) => egress.send(request).await,
            Transport::Canned(answers) => {
                let made = format!("{} {}", request.method, request.url.path());
                let answer = answers.iter().find(|answer| answer.request == made);
                let answer =
                    answer.ok_or_else(|| Error::Unreachable(format!("the example has no answer to `{made}`")))?;
                Ok(Response { status: answer.status, headers: answer.headers.clone(), body: answer.body.clone() })
            }
        }
    }
}
