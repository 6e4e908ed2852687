//! Visitors who did not log in, where `GF_AUTH_ANONYMOUS_ENABLED` lets them in.

use super::Identity;
use crate::repo::users::User;
use crate::server::App;

/// The visitor's identity, if there may be visitors. Its user has the id 0, which no user of the database has.
pub(crate) fn identity(app: &App) -> Option<Identity> {
    let role = app.settings().anonymous_role?;
    let user = User {
        id: 0,
        uid: String::new(),
        login: String::new(),
        email: String::new(),
        name: "Anonymous".to_owned(),
        is_admin: false,
        is_disabled: false,
        is_service_account: false,
        role,
        created_at: 0,
        updated_at: 0,
        last_seen_at: 0,
    };
    Some(Identity { user, session_id: None, is_anonymous: true })
}
