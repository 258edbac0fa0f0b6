//! Random queries in legacy names: mostly valid, deterministic by seed, and made so that their rows are defined.
//!
//! What a query gives must not depend on a plan: LIMIT stands behind an order over all outputs, scalar subqueries have one row,
//! nothing divides. `tests/random.rs` runs them.

mod expr;
mod from;
mod query;
pub(crate) mod schema;
mod scope;
pub(crate) mod seed;
pub(crate) mod tree;

use scope::Scope;
use seed::Seed;
use tree::Node;

/// Makes one query from what its seed gives.
pub(crate) struct Generator {
    seed: Seed,
    /// How much may still be made; near zero everything becomes plain.
    budget: usize,
    /// True where `$n` may stand for a literal.
    parameters: bool,
    /// Aliases given so far.
    aliases: usize,
}

/// The query of that number.
pub(crate) fn query(seed: u64) -> Node {
    let mut seed = Seed::new(seed);
    let parameters = seed.chance(12);
    let budget = 3 + seed.below(9);
    let mut generator = Generator { seed, budget, parameters, aliases: 0 };
    generator.query(&Scope::default(), None, 3, false).node
}

impl Generator {
    /// Takes from the budget; false when there is none left.
    fn spend(&mut self) -> bool {
        let left = self.budget > 0;
        self.budget = self.budget.saturating_sub(1);
        left
    }

    /// A name as somebody may spell it.
    fn ident(&mut self, name: &str) -> String {
        let plain = name.chars().all(|c| c.is_ascii_lowercase() || c == '_') && !["user", "select"].contains(&name);
        let quoted = format!("\"{}\"", name.replace('"', "\"\""));
        if !plain {
            return if self.seed.chance(3) { escaped(name) } else { quoted };
        }
        match self.seed.below(30) {
            0 => quoted,
            1 => name.to_ascii_uppercase(),
            2 => escaped(name),
            _ => name.to_owned(),
        }
    }

    /// What separates two words.
    fn space(&mut self) -> &'static str {
        match self.seed.below(40) {
            0 => "\n\t",
            1 => " /* rating, solver.id */ ",
            2 => " -- FROM solver\n",
            _ => " ",
        }
    }
}

/// `U&"r\0061ting"`: the last character in digits.
fn escaped(name: &str) -> String {
    let mut chars: Vec<char> = name.chars().collect();
    let last = chars.pop().map_or(0, u32::from);
    let first: String = chars.into_iter().collect();
    format!("U&\"{}\\{last:04x}\"", first.replace('"', "\"\""))
}
