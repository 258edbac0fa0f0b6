//! Mapping and catalog, bound together: what a legacy name means in this database, now.

use std::sync::Arc;

use crate::catalog::Catalog;
use crate::mapping::Mapping;

/// Everything that a decision depends on beside the session: swapped whole, never changed.
#[derive(Debug)]
pub struct World {
    /// Grows with every swap; part of each plan's key.
    pub generation: u64,
    /// In the order of the route.
    pub mappings: Vec<Arc<Mapping>>,
    /// What the server has.
    pub catalog: Arc<Catalog>,
}

impl World {
    /// Binds mappings to a catalog.
    #[must_use]
    pub fn new(generation: u64, mappings: Vec<Arc<Mapping>>, catalog: Arc<Catalog>) -> Self {
        Self { generation, mappings, catalog }
    }
}
