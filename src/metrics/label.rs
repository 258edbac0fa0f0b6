//! The labels whose values are known from the start.

/// The `protocol` label.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Protocol {
    /// Query.
    Simple,
    /// Parse, Bind, Execute.
    Extended,
}

/// The `result` label of `exonym_plan_cache_total`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LookUp {
    /// The text had a plan.
    Hit,
    /// A text that differs in literals alone had one.
    Shape,
    /// It had to be planned.
    Miss,
}

/// The `outcome` label of `exonym_logins_total`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Login {
    /// The server let the client in.
    Accepted,
    /// The server did not.
    Rejected,
    /// No route for the database.
    NoRoute,
    /// The backend could not be reached.
    Unreachable,
    /// Startup was malformed, or the client went away.
    Abandoned,
    /// Over `max_connections`, or no descriptor left.
    TooMany,
    /// `startup_timeout` was over.
    TimedOut,
}

/// The `phase` label of `exonym_login_seconds`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Phase {
    /// To the startup packet, TLS with the client included.
    Opening,
    /// To the connection with the server, TLS included.
    Connect,
    /// To the server's first `ReadyForQuery`.
    Authentication,
    /// All of them.
    Total,
}

/// The `reason` label of `exonym_connections_ended_total`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ended {
    /// There was no session: a login that was refused or given up, a cancel request.
    Startup,
    /// Client or server had finished.
    Finished,
    /// The client's connection broke.
    ClientGone,
    /// The server's connection ended before it was finished.
    ServerGone,
    /// The login took too long.
    TimedOut,
    /// The proxy drained.
    Drained,
}

/// The `direction` label of `exonym_bytes_total`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Direction {
    /// From clients.
    FromClient,
    /// To clients.
    ToClient,
}

impl Protocol {
    /// The label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Extended => "extended",
        }
    }
}

impl LookUp {
    /// The label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Shape => "shape",
            Self::Miss => "miss",
        }
    }
}

impl Login {
    /// The label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::NoRoute => "no_route",
            Self::Unreachable => "unreachable",
            Self::Abandoned => "abandoned",
            Self::TooMany => "too_many",
            Self::TimedOut => "timed_out",
        }
    }
}

impl Phase {
    /// The label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Connect => "connect",
            Self::Authentication => "authentication",
            Self::Total => "total",
        }
    }
}

impl Ended {
    /// The label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Startup => "startup",
            Self::Finished => "finished",
            Self::ClientGone => "client_gone",
            Self::ServerGone => "server_gone",
            Self::TimedOut => "timed_out",
            Self::Drained => "drained",
        }
    }
}

impl Direction {
    /// The label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::FromClient => "from_client",
            Self::ToClient => "to_client",
        }
    }
}
