//! The column names that helpdesk exports use, in five languages.
//!
//! They are spelled as `fold` returns them: lower-case and without accents. Of two names, the
//! earlier one is more likely.

use crate::source::mapping::field::Field;

/// The names for a field, separated by commas.
pub(super) const NAMES: [(Field, &str); 12] = [
    (
        Field::ExternalId,
        "external id,ticket id,ticket no,ticket nr,ticket number,ticket nummer,ticketnummer,\
         ticketnr,case number,case id,issue key,issue id,request id,incident number,id,number,no,nr,\
         key,nummer,reference,reference number,ref,ticket,vorgangsnummer,vorgangsnr,fallnummer,\
         aktenzeichen,numero de ticket,numero du ticket,id du ticket,identifiant,numero,\
         numero del ticket,numero de caso,identificador,numero do ticket,numero do chamado,\
         protocolo,chamado,codigo",
    ),
    (
        Field::Subject,
        "subject,title,summary,short description,topic,headline,betreff,titel,zusammenfassung,\
         kurzbeschreibung,thema,sujet,objet,titre,resume,asunto,titulo,resumen,assunto,resumo",
    ),
    (
        Field::CommentBody,
        "description,comment body,first comment,body,message,comment,text,details,content,\
         long description,beschreibung,nachricht,kommentar,inhalt,meldung,anliegen,texte,\
         commentaire,contenu,descripcion,mensaje,comentario,texto,contenido,detalle,detalles,\
         descricao,mensagem,conteudo,detalhes",
    ),
    (
        Field::RequesterEmail,
        "requester email,customer email,requester mail,contact email,client email,user email,\
         reporter email,email address,e mail address,email,e mail,mail,from,sender,\
         kunden e mail,kunden email,e mail adresse,absender,email du client,adresse e mail,courriel,\
         correo electronico,correo,email del cliente,email do cliente,e mail do cliente,remetente,\
         requester",
    ),
    (
        Field::RequesterName,
        "requester name,customer name,contact name,client name,user name,reporter name,full name,\
         requester,customer,reporter,reported by,contact,client,name,kundenname,kunde,melder,\
         ansprechpartner,nom du client,demandeur,nom,nombre del cliente,cliente,solicitante,nombre,\
         nome do cliente,nome",
    ),
    (
        Field::Status,
        "status,state,zustand,bearbeitungsstand,stand,statut,etat,estado,situacao",
    ),
    (
        Field::Priority,
        "priority,urgency,severity,prioritat,dringlichkeit,priorite,urgence,prioridad,urgencia,\
         prioridade",
    ),
    (
        Field::Kind,
        "type,kind,category,typ,art,ticketart,tickettyp,kategorie,nature,categorie,tipo,categoria",
    ),
    (
        Field::Tags,
        "tags,tag,labels,label,keywords,schlagworter,schlagworte,stichworte,etiketten,etiquettes,\
         mots cles,etiquetas,palabras clave,marcadores,palavras chave",
    ),
    (
        Field::CreatedAt,
        "created at,created,created on,created date,date created,creation date,creation time,\
         opened at,opened,opened on,open date,date opened,submitted at,submitted,submitted on,\
         received at,received,reported at,reported on,date,timestamp,erstellt am,erstellt,\
         erstelldatum,erstellungsdatum,angelegt am,angelegt,eroffnet am,eroffnet,eingang,\
         eingegangen am,datum,cree le,cree,date de creation,date d ouverture,ouvert le,creado el,\
         creado,fecha de creacion,fecha de apertura,abierto el,fecha,criado em,criado,\
         data de criacao,data de abertura,aberto em,data",
    ),
    (
        Field::UpdatedAt,
        "updated at,updated,updated on,last updated,last update,updated date,date updated,\
         last updated at,modified,modified at,modified on,last modified,date modified,\
         aktualisiert am,aktualisiert,geandert am,geandert,letzte anderung,letzte aktualisierung,\
         mis a jour le,mis a jour,derniere mise a jour,modifie le,date de modification,\
         actualizado el,actualizado,ultima actualizacion,fecha de actualizacion,modificado el,\
         atualizado em,atualizado,ultima atualizacao,data de atualizacao,modificado em",
    ),
    (
        Field::SolvedAt,
        "solved at,solved,solved on,resolved at,resolved,resolved on,date resolved,date solved,\
         resolution date,closed at,closed,closed on,closed date,date closed,completed at,\
         completed on,gelost am,gelost,erledigt am,geschlossen am,geschlossen,abgeschlossen am,\
         resolu le,date de resolution,cloture le,ferme le,date de cloture,resuelto el,resuelto,\
         fecha de resolucion,cerrado el,cerrado,fecha de cierre,resolvido em,resolvido,\
         data de resolucao,fechado em,fechado,data de fechamento,data de encerramento",
    ),
];

/// Names for the first and last parts of a person's name.
pub(super) const HALVES: [&str; 2] = [
    "first name,firstname,given name,customer first name,requester first name,vorname,prenom,\
     nombre,primeiro nome,nome",
    "last name,lastname,surname,family name,customer last name,requester last name,nachname,\
     nom de famille,nom,apellido,apellidos,sobrenome,ultimo nome",
];

/// Words in a name that only say that the column belongs to a ticket.
const NOISE: [&str; 22] = [
    "ticket",
    "tickets",
    "case",
    "issue",
    "request",
    "incident",
    "anfrage",
    "vorgang",
    "fall",
    "chamado",
    "caso",
    "demande",
    "incidencia",
    "the",
    "of",
    "du",
    "de",
    "del",
    "do",
    "des",
    "la",
    "le",
];

/// Rates how well a folded name fits one of the names; higher is better, 0 is no match.
pub(super) fn fit(name: &[String], names: &str) -> usize {
    let bare: Vec<&String> = name
        .iter()
        .filter(|word| !NOISE.contains(&word.as_str()))
        .collect();
    let mut best = 0;
    for (rank, known) in names.split(',').enumerate() {
        let known: Vec<&str> = known.split(' ').collect();
        let fit = if name.iter().eq(known.iter()) {
            1000
        } else if bare.iter().copied().eq(known.iter()) && !bare.is_empty() {
            900
        } else if known.len() > 1 && name.windows(known.len()).any(|part| part.iter().eq(&known)) {
            700 - 40 * (name.len() - known.len()).min(8)
        } else {
            continue;
        };
        best = best.max(fit - rank.min(99));
    }
    best
}

#[cfg(test)]
mod tests {
    use super::super::fold::fold;
    use super::*;

    fn best(column: &str) -> Option<Field> {
        let fits = NAMES
            .iter()
            .map(|(field, names)| (fit(&fold(column), names), *field));
        let best = fits.max_by_key(|(fit, _)| *fit)?;
        (best.0 > 0).then_some(best.1)
    }

    #[test]
    fn names_in_five_languages_find_their_field() {
        for (name, field) in [
            ("Ticket ID", Field::ExternalId),
            ("Ticket-Nr.", Field::ExternalId),
            ("Numéro du ticket", Field::ExternalId),
            ("Betreff", Field::Subject),
            ("Short description", Field::Subject),
            ("Ticket Description", Field::CommentBody),
            ("Descrição", Field::CommentBody),
            ("Customer Email", Field::RequesterEmail),
            ("Correo electrónico", Field::RequesterEmail),
            ("Nombre del cliente", Field::RequesterName),
            ("Statut", Field::Status),
            ("Priorität", Field::Priority),
            ("Tipo de ticket", Field::Kind),
            ("Étiquettes", Field::Tags),
            ("createdAt", Field::CreatedAt),
            ("Erstellt am", Field::CreatedAt),
            ("Última actualización", Field::UpdatedAt),
            ("Data de resolução", Field::SolvedAt),
        ] {
            assert_eq!(best(name), Some(field), "{name}");
        }
    }

    #[test]
    fn names_that_only_contain_a_word_find_nothing() {
        for name in [
            "Date of Purchase",
            "Customer Age",
            "Product",
            "Time to Resolution",
        ] {
            assert_eq!(best(name), None, "{name}");
        }
    }
}
