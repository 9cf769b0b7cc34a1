//! `bargein mock VENDOR --mutant CHECK`: a vendor that keeps every rule but one, for trying out a checker.

use std::io::{self, Write};

use bargein_mocks::{MUTANT_VENDORS, Mutant, MutantVendor};
use bargein_net::World;
use serde_json::json;

use super::{Arguments, GRACE, PlayError};
use crate::cli::Exit;

/// What stands in place of a check's id when no rule is to be broken.
const UNBROKEN: &str = "none";

/// Why no mutant is played.
#[derive(Debug, thiserror::Error)]
pub(super) enum MutantError {
    #[error("expected one of the vendors {} before --mutant, got {got}", known().join(", "))]
    Vendor { got: String },
    #[error("expected a check's id or `{UNBROKEN}` after --mutant, got {got:?}{}", nearest(.vendor, .got))]
    Check { got: String, vendor: &'static MutantVendor },
    #[error("expected to listen at {at}: {source}")]
    Listen { at: String, source: io::Error },
}

impl MutantError {
    pub(super) const fn exit(&self) -> Exit {
        match self {
            Self::Vendor { .. } | Self::Check { .. } => Exit::Usage,
            Self::Listen { .. } => Exit::NotJudged,
        }
    }
}

fn known() -> Vec<&'static str> {
    MUTANT_VENDORS.iter().map(|vendor| vendor.id).collect()
}

fn nearest(vendor: &MutantVendor, got: &str) -> String {
    let distance = |mutant: &&Mutant| strsim::osa_distance(mutant.id, &got.to_uppercase());
    vendor
        .mutants
        .iter()
        .min_by_key(distance)
        .map(|near| format!("; nearest: {}", near.id))
        .unwrap_or_default()
}

/// Plays until the system asks for the end. Asked again, it does not wait for anybody.
pub(super) async fn play(
    world: &World,
    arguments: &Arguments,
    check: &str,
    out: &mut dyn Write,
) -> Result<(), PlayError> {
    let mut termination = world.termination().map_err(PlayError::Signals)?;
    let vendor = match arguments.vendors.as_slice() {
        [id] => MUTANT_VENDORS.iter().find(|vendor| vendor.id == id),
        _ => None,
    };
    let got = || if arguments.vendors.is_empty() { "none".to_owned() } else { arguments.vendors.join(", ") };
    let vendor = vendor.ok_or_else(|| MutantError::Vendor { got: got() })?;
    let mutant = match check {
        UNBROKEN => None,
        id => Some(vendor.mutant(id).ok_or_else(|| MutantError::Check { got: id.to_owned(), vendor })?),
    };
    let at = arguments.listen.to_string();
    let listener = world.network.listen(&at).await.map_err(|source| MutantError::Listen { at, source })?;
    let reference = (vendor.serve)(world, listener, mutant);
    let (url, key) = (reference.url(), reference.key().expose());
    let told = if arguments.json {
        writeln!(out, "{}", json!({ (vendor.id): { "url": url, "key": key } }))
    } else {
        let breaks = mutant.map_or("breaks no rule", |mutant| mutant.breaks);
        writeln!(out, "{}  {url}  key {key}\n{check}: {breaks}. Ctrl-C ends.", vendor.id)
    };
    told.and_then(|()| out.flush()).map_err(PlayError::Addresses)?;
    termination.asked().await;
    tokio::select! {
        biased;
        () = termination.asked() => {}
        // What outlives the grace is a client that does not read.
        _ = reference.stop(GRACE) => {}
    }
    Ok(())
}
