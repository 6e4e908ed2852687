//! The administrator's account.
//!
//! `GF_SECURITY_ADMIN_PASSWORD` sets the password when the account is made. Changing the variable later changes the
//! password at the next start and ends the account's sessions; leaving it as it is (or removing it) keeps a password that
//! was changed in the interface.

use anyhow::{Context as _, ensure};

use crate::auth::password::{PASSWORD_MAX_BYTES, Passwords};
use crate::repo::Store;
use crate::repo::users::{NewUser, Role};
use crate::settings::Settings;

const DEFAULT_PASSWORD: &str = "admin123";
/// Remembers, as a hash, which value of the variable was applied.
const APPLIED: &str = "admin_password_from_environment";

/// Makes the account or brings its password up to date.
pub(crate) async fn ensure(
    store: &Store,
    passwords: &Passwords,
    settings: &Settings,
    now: i64,
) -> anyhow::Result<()> {
    let login = settings.admin_user.as_str();
    let wanted = settings.admin_password.as_ref().map(|secret| secret.0.as_str());
    ensure!(!login.is_empty() && login.chars().count() <= 190, "GF_SECURITY_ADMIN_USER is too long");
    ensure!(
        wanted.is_none_or(|password| password.len() <= PASSWORD_MAX_BYTES),
        "GF_SECURITY_ADMIN_PASSWORD is longer than {PASSWORD_MAX_BYTES} bytes"
    );
    let Ok(turn) = passwords.turn().await else {
        anyhow::bail!("no password can be checked at start");
    };
    let Some((user, _)) = store.credentials(login).await? else {
        let hash = turn.hash(wanted.unwrap_or(DEFAULT_PASSWORD)).await?;
        let email = if login.contains('@') { login.to_owned() } else { format!("{login}@localhost") };
        let user = NewUser {
            login,
            email: &email,
            name: "",
            password_hash: &hash,
            is_admin: true,
            is_service_account: false,
            role: Role::Admin,
        };
        store.add_user(&user, now).await.context("add the administrator")?;
        if wanted.is_some() {
            store.set_fact(APPLIED, &hash).await?;
        }
        tracing::info!(login, "administrator created");
        return Ok(());
    };
    let Some(wanted) = wanted else {
        return Ok(());
    };
    let applied = store.fact(APPLIED).await?;
    if let Some(applied) = &applied
        && turn.verify(wanted, Some(applied)).await
    {
        return Ok(());
    }
    let hash = turn.hash(wanted).await?;
    store.set_password(user.id, &hash, None, now).await?;
    store.set_fact(APPLIED, &hash).await?;
    tracing::info!(login, "the administrator's password was changed by GF_SECURITY_ADMIN_PASSWORD");
    Ok(())
}
