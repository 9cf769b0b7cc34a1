//! Telling when a request has left.

use std::fmt;
use std::sync::Arc;

/// Told once when a request has been handed, whole, to the connection that writes it to its socket at once. Default:
/// nobody is told.
#[derive(Clone, Default)]
pub struct OnWritten(Option<Arc<dyn Fn() + Send + Sync>>);

impl OnWritten {
    /// Calls this; it must return quickly, since the connection waits for it.
    pub fn new(tell: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(tell)))
    }

    /// The request has been written.
    pub fn tell(&self) {
        if let Some(tell) = &self.0 {
            tell();
        }
    }
}

impl fmt::Debug for OnWritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnWritten")
    }
}
