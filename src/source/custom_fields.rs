//! The values of the account's own fields in a ticket.

use super::account_fields::AccountFields;
use super::excerpt::shown;
use super::mapping::{FlagOrNumber, Row, Rule};
use crate::model::problem::Problem;
use crate::model::ticket::{CustomField, FieldValue};

/// Reads the values of a row; with `account`, rejects those that Zendesk would reject.
pub(super) fn custom_fields<'r>(
    rules: &'r [(u64, Rule)],
    account: Option<&AccountFields>,
    row: Row<'r>,
) -> Result<Vec<CustomField<'r>>, Problem> {
    let mut fields = Vec::with_capacity(rules.len());
    for (id, rule) in rules {
        let value = match rule.flag_or_number() {
            Some(FlagOrNumber::Flag(flag)) => Some(FieldValue::Flag(flag)),
            Some(FlagOrNumber::Number(number)) => Some(FieldValue::Number(number)),
            None if rule.is_split() => {
                let list = rule.list(row)?;
                (!list.is_empty()).then_some(FieldValue::List(list))
            }
            None => rule.text(row)?.map(FieldValue::Text),
        };
        let Some(value) = value else { continue };
        if let Some(why) = account.and_then(|account| account.refusal(*id, &value)) {
            return Err(Problem::new(
                "InvalidFieldValue",
                format!(
                    "{} is {}{}, which {why}",
                    rule.field().name(),
                    quoted(&value),
                    rule.columns()
                ),
            ));
        }
        fields.push(CustomField { id: *id, value });
    }
    Ok(fields)
}

fn quoted(value: &FieldValue<'_>) -> String {
    match value {
        FieldValue::Text(text) => format!("\"{}\"", shown(text)),
        FieldValue::Flag(flag) => flag.to_string(),
        FieldValue::Number(number) => number.to_string(),
        FieldValue::List(list) => {
            let list: Vec<String> = list
                .iter()
                .map(|value| format!("\"{}\"", shown(value)))
                .collect();
            list.join(", ")
        }
    }
}
