//! Why a handler has no answer of its own, and what the external app is told instead.

use patchbay_model::subscription::Reason;
use patchbay_rules::respond;
use patchbay_sandbox as sandbox;

#[derive(Clone, Debug, thiserror::Error)]
pub enum HandlerFailure {
    #[error(transparent)]
    Sandbox(sandbox::Error),
    /// It returned what cannot be used.
    #[error("the handler's result cannot be used: {0}")]
    OutputInvalid(String),
}

impl HandlerFailure {
    /// The status that the external app is answered, and the stable code of the failure.
    fn status_and_code(&self) -> (u16, &'static str) {
        use sandbox::Error as E;
        match self {
            Self::OutputInvalid(_) => (500, "handler_output_invalid"),
            Self::Sandbox(E::Threw(_)) => (500, "handler_failed"),
            Self::Sandbox(E::Trapped(_)) => (500, "handler_crashed"),
            Self::Sandbox(E::OutOfMemory(_)) => (500, "handler_out_of_memory"),
            Self::Sandbox(E::DeadlinePassed) => (504, "handler_timed_out"),
            Self::Sandbox(E::Busy) => (503, "unavailable"),
            Self::Sandbox(E::Resting { .. }) => (503, "connector_resting"),
            Self::Sandbox(E::NotAConnector(_) | E::DiskRefuses(_) | E::Unloadable(_)) => (500, "connector_unavailable"),
        }
    }

    pub fn status(&self) -> u16 {
        self.status_and_code().0
    }

    pub fn code(&self) -> &'static str {
        self.status_and_code().1
    }

    /// For the record, where the connector's author reads it.
    pub fn reason(&self) -> Reason {
        let mut reason = Reason::new(self.code(), self.to_string());
        if let Self::Sandbox(sandbox::Error::Threw(failure)) = self {
            reason.stack.clone_from(&failure.stack);
        }
        reason
    }
}

impl From<respond::Error> for HandlerFailure {
    fn from(error: respond::Error) -> Self {
        Self::OutputInvalid(error.to_string())
    }
}
