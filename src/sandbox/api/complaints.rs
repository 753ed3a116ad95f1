//! The validation errors of a 422, in the account's language.

use crate::sandbox::settings::Locale;

/// One objection to what a client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Complaint {
    NoDescription,
    CommentTooLong {
        chars_max: usize,
    },
    TooManyComments {
        most: usize,
    },
    FutureComment,
    UnknownAuthor,
    NotATime {
        field: &'static str,
    },
    NotAllowed {
        field: &'static str,
        value: String,
    },
    BadRequesterEmail(String),
    EmptyRequesterName,
    Suspended {
        name: String,
    },
    BadFieldValue {
        id: u64,
        kind: String,
        title: String,
        value: String,
    },
    UnknownField {
        id: u64,
    },
    Closed,
    BadEmail(String),
    EmptyName,
    EmailTaken(String),
    ExternalIdTaken(String),
}

impl Complaint {
    /// The field under which a 422 lists it.
    pub(super) fn field(&self) -> &'static str {
        match self {
            Self::NoDescription | Self::BadFieldValue { .. } | Self::UnknownField { .. } => "base",
            Self::CommentTooLong { .. }
            | Self::TooManyComments { .. }
            | Self::FutureComment
            | Self::UnknownAuthor => "comment",
            Self::NotATime { field } | Self::NotAllowed { field, .. } => field,
            Self::BadRequesterEmail(_) | Self::EmptyRequesterName | Self::Suspended { .. } => {
                "requester"
            }
            Self::Closed => "status",
            Self::BadEmail(_) | Self::EmailTaken(_) => "email",
            Self::EmptyName => "name",
            Self::ExternalIdTaken(_) => "external_id",
        }
    }

    /// The code.
    pub(super) fn error(&self) -> &'static str {
        match self {
            Self::NoDescription => "BlankValue",
            Self::CommentTooLong { .. } | Self::TooManyComments { .. } => "ValueTooLong",
            Self::EmptyRequesterName | Self::EmptyName => "ValueTooShort",
            Self::Suspended { .. } => "UserSuspended",
            Self::EmailTaken(_) | Self::ExternalIdTaken(_) => "DuplicateValue",
            Self::FutureComment
            | Self::UnknownAuthor
            | Self::NotATime { .. }
            | Self::NotAllowed { .. }
            | Self::BadRequesterEmail(_)
            | Self::BadFieldValue { .. }
            | Self::UnknownField { .. }
            | Self::Closed
            | Self::BadEmail(_) => "InvalidValue",
        }
    }

    /// The id and the type of the ticket field that it is about.
    pub(super) fn ticket_field(&self) -> Option<(u64, String)> {
        let Self::BadFieldValue { id, kind, .. } = self else {
            return None;
        };
        let mut kind = kind.clone();
        if let Some(first) = kind.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Some((*id, format!("Field{kind}")))
    }

    /// The sentence for people.
    pub(super) fn description(&self, locale: Locale) -> String {
        match locale {
            Locale::EnUs => self.english(),
            Locale::PtBr => self.portuguese(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::NoDescription => "Description: cannot be blank".into(),
            Self::CommentTooLong { chars_max } => {
                format!("Comment: is too long (maximum is {chars_max} characters)")
            }
            Self::TooManyComments { most } => format!("Comments: cannot be more than {most}"),
            Self::FutureComment => "Comment: created_at cannot be in the future".into(),
            Self::UnknownAuthor => "Comment: Author is invalid".into(),
            Self::NotATime { field } => format!("{}: is invalid", title(field)),
            Self::NotAllowed { field, value } => {
                format!("{}: {value} is not allowed", title(field))
            }
            Self::BadRequesterEmail(email) => format!("Requester: Email:  {email} is not valid"),
            Self::EmptyRequesterName => {
                "Requester: Name:  is too short (minimum is 1 character)".into()
            }
            Self::Suspended { name } => format!("Requester: {name} is suspended."),
            Self::BadFieldValue { title, value, .. } => format!("{title}: {value} is not valid"),
            Self::UnknownField { id } => format!("Custom field {id} does not exist"),
            Self::Closed => "Status: closed prevents ticket update".into(),
            Self::BadEmail(email) => format!("Email:  {email} is not properly formatted"),
            Self::EmptyName => "Name:  is too short (minimum is 1 character)".into(),
            Self::EmailTaken(email) => {
                format!("Email: {email} is already being used by another user")
            }
            Self::ExternalIdTaken(id) => format!("External: {id} has already been taken"),
        }
    }

    fn portuguese(&self) -> String {
        match self {
            Self::NoDescription => "Descrição: não pode ficar em branco".into(),
            Self::CommentTooLong { chars_max } => {
                format!("Comentário: é muito longo (máximo: {chars_max} caracteres)")
            }
            Self::TooManyComments { most } => format!("Comentários: no máximo {most}"),
            Self::FutureComment => "Comentário: created_at não pode estar no futuro".into(),
            Self::UnknownAuthor => "Comentário: o autor não é válido".into(),
            Self::NotATime { field } => format!("{}: não é válido", title(field)),
            Self::NotAllowed { field, value } => {
                format!("{}: {value} não é permitido", title(field))
            }
            Self::BadRequesterEmail(email) => format!("Solicitante: E-mail: {email} não é válido"),
            Self::EmptyRequesterName => {
                "Solicitante: Nome: é muito curto (mínimo: 1 caractere)".into()
            }
            Self::Suspended { name } => format!("Solicitante: {name} está suspenso."),
            Self::BadFieldValue { title, value, .. } => format!("{title}: {value} não é válido"),
            Self::UnknownField { id } => format!("O campo personalizado {id} não existe"),
            Self::Closed => "Status: fechado impede a atualização do ticket".into(),
            Self::BadEmail(email) => format!("E-mail: {email} não está formatado corretamente"),
            Self::EmptyName => "Nome: é muito curto (mínimo: 1 caractere)".into(),
            Self::EmailTaken(email) => {
                format!("E-mail: {email} já está sendo usado por outro usuário")
            }
            Self::ExternalIdTaken(id) => format!("Externo: {id} já está em uso"),
        }
    }
}

fn title(field: &str) -> String {
    let mut title = field.replace('_', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}
