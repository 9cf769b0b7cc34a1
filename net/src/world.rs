//! The four impure things, chosen together.

use crate::{Clock, Ids, Network, Tasks};

/// Everything impure that code may use. Handed to the closure of [`run_virtual`](crate::run_virtual) or
/// [`run_real`](crate::run_real), which alone make one. Cheap to clone: all clones are the same world.
#[derive(Clone, Debug)]
pub struct World {
    /// Connections.
    pub network: Network,
    /// Time.
    pub clock: Clock,
    /// Ids and random numbers.
    pub ids: Ids,
    /// The owner of every task.
    pub tasks: Tasks,
}
