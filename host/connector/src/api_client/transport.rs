//! How requests leave: through the guarded egress, or, in a connector's examples, not at all.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use patchbay_egress::{Egress, Error, Request, Response};

#[derive(Clone)]
pub enum Transport {
    Egress(Arc<Egress>),
    /// Answers that stand in an example file. Nothing is sent.
    Canned(Arc<Script>),
}

/// The answers of an example, and which of them were asked for.
pub struct Script {
    answers: Vec<Canned>,
    asked: Mutex<HashSet<usize>>,
}

#[derive(Clone, Debug)]
pub struct Canned {
    /// Method and path, for example `GET /users/me`.
    pub request: String,
    /// Headers that must be sent with it.
    pub request_headers: Vec<(String, String)>,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

impl Transport {
    pub(super) async fn send(&self, request: Request) -> Result<Response, Error> {
        match self {
            Transport::Egress(egress) => egress.send(request).await,
            Transport::Canned(script) => script.answer(&request),
        }
    }
}

impl Script {
    pub fn new(answers: Vec<Canned>) -> Script {
        Script { answers, asked: Mutex::default() }
    }

    /// The requests that were expected and never made.
    pub fn not_asked(&self) -> Vec<&str> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = self.answers.iter().enumerate();
        answers.filter(|(index, _)| !asked.contains(index)).map(|(_, answer)| answer.request.as_str()).collect()
    }

    fn answer(&self, request: &Request) -> Result<Response, Error> {
        let made = format!("{} {}", request.method, request.url.path());
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = || self.answers.iter().enumerate().filter(|(_, answer)| answer.request == made);
        // The same request made again gets the next answer to it, and the last one from then on.
        let found = fitting().find(|(index, _)| !asked.contains(index)).or_else(|| fitting().last());
        let (index, answer) =
            found.ok_or_else(|| Error::Unreachable(format!("the example has no answer to `{made}`")))?;
        asked.insert(index);
        for (name, value) in &answer.request_headers {
            let sent = request.headers.iter().find(|(sent, _)| sent.eq_ignore_ascii_case(name)).map(|(_, sent)| sent);
            if sent != Some(value) {
                let why = format!("`{made}` was to be sent with `{name}: {value}`, and was sent with {sent:?}");
                return Err(Error::Unreachable(why));
            }
        }
        Ok(Response { status: answer.status, headers: answer.headers.clone(), body: answer.body.clone() })
    }
}
