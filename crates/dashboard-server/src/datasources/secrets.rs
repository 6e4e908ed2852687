//! Secrets of data sources between the API, where they arrive in the clear, and the database, where they are sealed.

use std::collections::BTreeMap;

use crate::provisioning::Secrets;
use crate::repo::secrets::SecretChange;
use crate::repo::{Result, Store};
use crate::settings::Secret;
use crate::vault::Vault;

/// All secrets of the database, opened. One that does not open is left out: its source works again once it is set anew.
pub(crate) async fn unsealed(store: &Store, vault: &Vault) -> Result<Secrets> {
    let mut secrets = Secrets::new();
    for (uid, name, sealed) in store.sealed_secrets().await? {
        match vault.unseal(&name, &sealed) {
            Some(text) => {
                secrets.entry(uid).or_default().insert(name, Secret(text));
            }
            None => tracing::error!(
                data_source = uid,
                secret = name,
                "a secret cannot be decrypted: was GF_SECURITY_SECRET_KEY or secret.key changed? Set it again"
            ),
        }
    }
    Ok(secrets)
}

/// Seals what a client sent; an empty text takes a secret away.
pub(crate) fn sealed(vault: &Vault, given: &BTreeMap<String, String>) -> anyhow::Result<Vec<SecretChange>> {
    let changes = given.iter().map(|(name, text)| {
        let sealed = if text.is_empty() { None } else { Some(vault.seal(name, text)?) };
        Ok(SecretChange { name: name.clone(), sealed })
    });
    changes.collect()
}
