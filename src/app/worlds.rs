//! Worlds: mappings × catalog, one for each route, swapped whole.
//!
//! Two sources feed it: `reload` brings mappings, a refresher for each database brings catalogs. Whichever is new, every route that it
//! concerns gets a new world; a catalog that is the same as before swaps nothing, so that cached plans live on.

use std::sync::{Arc, Mutex, PoisonError};

use super::mappings::RouteMappings;
use crate::catalog::Catalog;
use crate::metrics::Metrics;
use crate::rewrite::World;
use crate::session::Route;

/// The routes and what their worlds are made of.
pub(super) struct Worlds {
    routes: Vec<Fed>,
    known: Mutex<Known>,
    metrics: Arc<Metrics>,
}

/// A route and the catalog that it gets.
pub(super) struct Fed {
    pub(super) route: Arc<Route>,
    /// The index of its database among those that are read.
    pub(super) catalog: usize,
}

struct Known {
    /// In the order of the routes.
    mappings: Vec<RouteMappings>,
    /// In the order of the databases; none until it was read once.
    catalogs: Vec<Option<Arc<Catalog>>>,
    /// The last world's.
    generation: u64,
    /// The mappings' own, as the metric tells it.
    reloads: i64,
}

impl Worlds {
    /// Routes with their mappings, in the same order, which wait for the catalogs of `databases` databases.
    pub(super) fn new(routes: Vec<Fed>, mappings: Vec<RouteMappings>, databases: usize, metrics: Arc<Metrics>) -> Self {
        metrics.mapping_generation.set(1);
        // From here on the metric is there, at zero.
        let _ = [true, false].map(|accepted| metrics.mapping_reloads(accepted));
        let known = Known { mappings, catalogs: vec![None; databases], generation: 0, reloads: 1 };
        Self { routes, known: Mutex::new(known), metrics }
    }

    /// Takes what was read of a database. True when it is news.
    pub(super) fn take_catalog(&self, database: usize, catalog: Catalog) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(slot) = known.catalogs.get_mut(database) else { return false };
        if slot.as_deref() == Some(&catalog) {
            return false;
        }
        *slot = Some(Arc::new(catalog));
        self.swap(&mut known, |index| self.routes.get(index).is_some_and(|fed| fed.catalog == database));
        true
    }

    /// Takes new mappings, in the order of the routes, and tells their generation.
    pub(super) fn take_mappings(&self, mappings: Vec<RouteMappings>) -> i64 {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut known.mappings, mappings);
        let changed: Vec<bool> = old.iter().zip(&known.mappings).map(|(old, new)| old != new).collect();
        self.swap(&mut known, |index| changed.get(index).copied().unwrap_or(false));
        known.reloads += 1;
        self.metrics.mapping_generation.set(known.reloads);
        known.reloads
    }

    /// Gives a new world to each route that `concerns` names and whose catalog is known.
    fn swap(&self, known: &mut Known, concerns: impl Fn(usize) -> bool) {
        for (index, fed) in self.routes.iter().enumerate().filter(|(index, _)| concerns(*index)) {
            let (Some(mappings), Some(Some(catalog))) = (known.mappings.get(index), known.catalogs.get(fed.catalog))
            else {
                continue;
            };
            known.generation += 1;
            fed.route.world.store(Arc::new(World::new(known.generation, mappings.clone(), Arc::clone(catalog))));
        }
    }
}

#[cfg(test)]
mod tests {
    use arc_swap::ArcSwap;

    use super::*;
    use crate::backend::hosts::Hosts;
    use crate::mapping::file::parse;
    use crate::session::{Address, Backend};

    fn worlds() -> (Worlds, [Arc<Route>; 2]) {
        let metrics = Arc::new(Metrics::new());
        let address = Address::Unix("/nowhere".into());
        let backend = Arc::new(Backend {
            name: "b".into(),
            hosts: Arc::new(Hosts::one(address)),
            terms: ArcSwap::default(),
            database: "d".into(),
            auth: None,
        });
        let route = |name: &str| {
            let unread = Arc::new(World::new(Route::UNREAD, Vec::new(), Arc::default()));
            Arc::new(Route::new(name.into(), name.into(), Arc::clone(&backend), unread, &metrics))
        };
        let routes = [route("first"), route("second")];
        let fed = routes.iter().enumerate().map(|(catalog, route)| Fed { route: Arc::clone(route), catalog }).collect();
        (Worlds::new(fed, vec![mappings("a"), mappings("a")], 2, metrics), routes)
    }

    fn mappings(column: &str) -> RouteMappings {
        let text = format!("[tables.log.columns]\nlegacy = \"{column}\"\n");
        vec![Arc::new(parse("m.toml", &text).expect("a good mapping"))]
    }

    fn catalog(database: &str) -> Catalog {
        Catalog { database: database.into(), ..Catalog::default() }.indexed()
    }

    #[test]
    fn a_world_is_there_once_its_catalog_is_and_changes_with_either_half() {
        let (worlds, [first, second]) = worlds();
        let generations = || [&first, &second].map(|route| route.world.load().generation);
        assert_eq!(generations(), [Route::UNREAD; 2]);
        assert!(worlds.take_catalog(0, catalog("x")));
        assert_eq!(generations(), [1, Route::UNREAD], "each has its own database");
        worlds.take_mappings(vec![mappings("b"), mappings("b")]);
        assert_eq!(generations(), [2, Route::UNREAD]);
        assert!(worlds.take_catalog(1, catalog("y")));
        assert_eq!(generations(), [2, 3]);
        assert_eq!(second.world.load().mappings, mappings("b"));
    }

    #[test]
    fn what_is_no_news_swaps_nothing() {
        let (worlds, [first, second]) = worlds();
        assert!(worlds.take_catalog(0, catalog("x")) && worlds.take_catalog(1, catalog("y")));
        assert!(!worlds.take_catalog(0, catalog("x")));
        worlds.take_mappings(vec![mappings("a"), mappings("changed")]);
        assert_eq!([&first, &second].map(|route| route.world.load().generation), [1, 3]);
        assert_eq!(worlds.metrics.mapping_generation.get(), 2);
    }
}
