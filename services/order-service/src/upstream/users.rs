//! What order-service asks user-service: does this customer exist, and may they order?

use http::{Method, StatusCode};
use serde::Deserialize;
use service_kit::{AppError, Authenticator, ClientError, ServiceClient};

/// A customer who can't order.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    #[error("there is no such user")]
    Unknown,
    #[error("the account is {0}")]
    Inactive(String),
    #[error(transparent)]
    Dependency(#[from] ClientError),
    #[error(transparent)]
    Own(#[from] AppError),
}

/// The client.
#[derive(Debug, Clone)]
pub struct Users {
    client: ServiceClient,
    authenticator: Authenticator,
}

#[derive(Debug, Deserialize)]
struct Profile {
    #[serde(default)]
    status: Option<String>,
}

impl Users {
    pub fn new(client: ServiceClient, authenticator: Authenticator) -> Self {
        Self { client, authenticator }
    }

    /// Fails unless the customer exists and is active.
    pub async fn validate(&self, user_id: i64) -> Result<(), UserError> {
        let token = self.authenticator.service_token(crate::SERVICE.name)?;
        let answer = self
            .client
            .request(Method::GET, "/users/{id}", format!("/users/{user_id}"))
            .bearer(&token)
            .send()
            .await;
        let profile: Profile = match answer {
            Ok(response) => response.json()?,
            Err(error) if error.is_status(StatusCode::NOT_FOUND) => return Err(UserError::Unknown),
            Err(error) => return Err(error.into()),
        };
        match profile.status {
            Some(status) if status != "active" => Err(UserError::Inactive(status)),
            _ => Ok(()),
        }
    }
}
