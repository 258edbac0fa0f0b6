//! What integration tests share.

pub(crate) mod binary;
pub(crate) mod cases;
pub(crate) mod client;
pub(crate) mod literals;
pub(crate) mod place;
pub(crate) mod player;
pub(crate) mod postgres;
pub(crate) mod program;
pub(crate) mod proxy;
pub(crate) mod raw;
pub(crate) mod script;
pub(crate) mod shared_proxy;
pub(crate) mod slicer;
pub(crate) mod tap;
pub(crate) mod twins;
