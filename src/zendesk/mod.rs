//! The zendesk room.
