//! The rows of a world, as the driver reads them again.

use std::collections::BTreeMap;

use serde_json::json;
use zendesk_migrate::checkpoint::PendingRow;
use zendesk_migrate::engine::driver::Rows;
use zendesk_migrate::model::ids::RowNumber;
use zendesk_migrate::model::problem::Problem;

use crate::world::World;

pub(crate) struct SimRows {
    pub(crate) bodies: BTreeMap<RowNumber, Vec<u8>>,
    pub(crate) has_comments: bool,
}

impl Rows for SimRows {
    fn has_comments(&self) -> bool {
        self.has_comments
    }

    fn read_again(&mut self, row: &PendingRow) -> Result<Vec<u8>, Problem> {
        Ok(self.bodies[&row.number].clone())
    }
}

impl World {
    pub(crate) fn body(&mut self, n: u64) -> Vec<u8> {
        let requester = self.dice.between(0, self.scenario.requesters);
        let every = self.scenario.refused_every;
        let status = if every > 0 && n.is_multiple_of(every) {
            "nonsense"
        } else {
            "open"
        };
        if self.scenario.authors > 0 {
            return self.body_with_authors(n, requester, status);
        }
        format!(
            r#"{{"ticket":{{"external_id":"{}","subject":"row {n}","comment":{{"body":"text {n}"}},"requester":{{"name":"P","email":"p{requester}@example.com"}},"status":"{status}"}}}}"#,
            self.external_id(n)
        )
        .into_bytes()
    }

    /// A body with up to three comments by different people.
    fn body_with_authors(&mut self, n: u64, requester: u64, status: &str) -> Vec<u8> {
        let comments: Vec<_> = (0..self.dice.between(1, 4))
            .map(|_| self.dice.between(0, self.scenario.authors))
            .map(|author| {
                json!({"body": format!("by {author}"), "author":
                       {"email": format!("a{author}@example.com"),
                        "name": format!("Author {author}")}})
            })
            .collect();
        let ticket = json!({"ticket": {
            "external_id": self.external_id(n), "subject": format!("row {n}"), "status": status,
            "requester": {"name": "P", "email": format!("p{requester}@example.com")},
            "comments": comments,
        }});
        ticket.to_string().into_bytes()
    }
}
