//! Maps what helpdesks call states, priorities and types, in five languages, to Zendesk's words.

use super::fold::fold;
use crate::source::mapping::field::Field;

type Table = [(&'static str, &'static str)];

const STATUS: &Table = &[
    (
        "new",
        "new,unassigned,unread,unconfirmed,untriaged,not started,not yet started,untouched,\
         submitted,received,registered,neu,eingegangen,gemeldet,unbestatigt,nouveau,nouvelle,\
         nuevo,nueva,novo,nova",
    ),
    (
        "open",
        "open,opened,reopened,re opened,in progress,in review,in development,under review,\
         under investigation,investigating,active,assigned,accepted,acknowledged,confirmed,\
         triaged,working,wip,work in progress,processing,planned,ongoing,started,todo,to do,\
         backlog,selected for development,doing,escalated,waiting on us,waiting for us,\
         waiting for support,waiting on support,waiting for agent,waiting on agent,offen,\
         geoffnet,wiedereroffnet,wieder geoffnet,in bearbeitung,in arbeit,in prufung,\
         zugewiesen,angenommen,bestatigt,akzeptiert,geplant,aktiv,eskaliert,ouvert,ouverte,\
         reouvert,reouverte,rouvert,rouverte,en cours,assigne,assignee,accepte,confirme,\
         planifie,escalade,abierto,abierta,reabierto,reabierta,en curso,en progreso,en proceso,\
         en revision,asignado,asignada,aceptado,aceptada,confirmado,escalado,aberto,aberta,\
         reaberto,reaberta,em andamento,em progresso,em atendimento,em analise,em execucao,\
         atribuido,atribuida,admitido,admitida,aceito,aceita,aguardando suporte,\
         aguardando pelo suporte,aguardando atendimento",
    ),
    (
        "hold",
        "hold,on hold,onhold,paused,blocked,suspended,stalled,deferred,postponed,\
         waiting for vendor,waiting on vendor,waiting for third party,waiting on third party,\
         waiting for supplier,waiting on supplier,angehalten,pausiert,zuruckgestellt,\
         aufgeschoben,vertagt,verschoben,blockiert,en pause,suspendu,suspendue,bloque,reporte,\
         en espera,suspendido,suspendida,pospuesto,aplazado,bloqueado,em espera,suspenso,\
         suspensa,adiado,pausado",
    ),
    (
        "pending",
        "pending,waiting,awaiting,feedback,snoozed,needs info,need info,needinfo,wartend,\
         wartet,warten,ruckfrage,en attente,attente,pendiente,esperando,pendente,aguardando,\
         retorno",
    ),
    (
        "solved",
        "solved,resolved,done,completed,complete,fixed,finished,answered,verified,released,\
         deployed,gelost,geloest,behoben,erledigt,fertig,beantwortet,beendet,resolu,resolue,\
         termine,terminee,acheve,traite,traitee,corrige,repondu,resuelto,resuelta,solucionado,\
         solucionada,terminado,terminada,completado,completada,corregido,respondido,finalizado,\
         finalizada,resolvido,resolvida,concluido,concluida,corrigido,corrigida,respondida",
    ),
    (
        "closed",
        "closed,auto closed,archived,cancelled,canceled,rejected,declined,denied,refused,\
         dismissed,discarded,ignored,merged,duplicate,duplicated,dupe,spam,junk,trash,trashed,\
         deleted,removed,invalid,void,voided,obsolete,outdated,superseded,expired,withdrawn,\
         abandoned,aborted,terminated,won t fix,wont fix,wontfix,will not fix,won t do,\
         won t be fixed,can t reproduce,cannot reproduce,could not reproduce,can t fix,\
         cannot fix,not reproducible,not a bug,not an issue,not fixed,not needed,\
         no longer needed,not applicable,works for me,worksforme,works as designed,as designed,\
         by design,no action,no action needed,no action required,geschlossen,abgeschlossen,\
         archiviert,abgelehnt,abgewiesen,zuruckgewiesen,zuruckgezogen,storniert,abgebrochen,\
         verworfen,ignoriert,zusammengefuhrt,zusammengefugt,dublette,duplikat,doppelt,geloscht,\
         geloescht,entfernt,papierkorb,ungultig,hinfallig,obsolet,veraltet,abgelaufen,\
         kein fehler,nicht reproduzierbar,wird nicht behoben,ferme,fermee,clos,cloture,\
         cloturee,archive,archivee,annule,annulee,rejete,rejetee,refuse,refusee,decline,\
         declinee,ignore,fusionne,fusionnee,doublon,duplique,indesirable,pourriel,supprime,\
         supprimee,efface,invalide,retire,retiree,abandonne,abandonnee,expire,perime,\
         non reproductible,sans suite,cerrado,cerrada,archivado,archivada,cancelado,cancelada,\
         anulado,anulada,rechazado,rechazada,denegado,denegada,descartado,descartada,fusionado,\
         fusionada,combinado,combinada,duplicado,duplicada,no deseado,eliminado,eliminada,\
         borrado,borrada,invalido,invalida,retirado,retirada,abandonado,abandonada,caducado,\
         expirado,expirada,no reproducible,fechado,fechada,encerrado,encerrada,arquivado,\
         arquivada,recusado,recusada,rejeitado,rejeitada,negado,negada,mesclado,mesclada,\
         unificado,agrupado,excluido,excluida,apagado,apagada,removido,removida,desistencia,\
         nao reproduzivel",
    ),
];

const PRIORITY: &Table = &[
    (
        "urgent",
        "urgent,critical,blocker,highest,very high,emergency,immediate,p0,p1,kritisch,dringend,\
         sehr hoch,sofort,notfall,urgente,critique,tres haute,bloquant,critico,critica,muy alta,\
         muito alta,emergencia",
    ),
    (
        "high",
        "high,major,important,p2,hoch,wichtig,haute,haut,eleve,elevee,importante,alta,alto",
    ),
    (
        "normal",
        "normal,medium,moderate,average,standard,p3,mittel,moyenne,moyen,normale,media,medio,regular",
    ),
    (
        "low",
        "low,lowest,minor,trivial,p4,p5,niedrig,gering,basse,bas,faible,mineur,baja,bajo,baixa,baixo",
    ),
];

const KIND: &Table = &[
    (
        "incident",
        "incident,issue,bug,defect,error,fault,failure,outage,complaint,technical,vorfall,storung,\
         fehler,defekt,beschwerde,reklamation,panne,erreur,reclamation,incidente,incidencia,fallo,\
         averia,queja,reclamacion,avaria,falha,erro,reclamacao",
    ),
    ("problem", "problem,probleme,problema"),
    (
        "question",
        "question,inquiry,enquiry,query,support,information,info,unterstutzung,frage,anfrage,auskunft,renseignement,\
         pregunta,consulta,duda,pergunta,duvida",
    ),
    (
        "task",
        "task,request,change,feature,enhancement,improvement,story,order,return,refund,cancellation,aufgabe,auftrag,job,\
         anforderung,wunsch,bestellung,tache,demande,commande,tarea,solicitud,peticion,pedido,\
         tarefa,solicitacao,requisicao,mudanca,melhoria",
    ),
];

/// Words that negate what follows.
const NEGATIONS: [&str; 9] = [
    "not", "no", "never", "nicht", "kein", "non", "pas", "sin", "nao",
];

/// The maximum number of words of a phrase in the tables.
const PHRASE_WORDS_MAX: usize = 5;

/// Finds Zendesk's word for another helpdesk's value. A status that says both that a ticket is
/// finished and that it is not ("Open (duplicate)") has none: the user decides.
pub(super) fn zendesk_word(field: Field, value: &str) -> Option<&'static str> {
    let table = match field {
        Field::Status => STATUS,
        Field::Priority => PRIORITY,
        Field::Kind => KIND,
        _ => return None,
    };
    let words = fold(value);
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let lengths = 1..=PHRASE_WORDS_MAX.min(words.len() - at);
        let longest = lengths
            .rev()
            .find_map(|length| Some((length, find(table, &words[at..at + length].join(" "))?)));
        let Some((length, word)) = longest else {
            if NEGATIONS.contains(&words[at].as_str()) {
                return None;
            }
            at += 1;
            continue;
        };
        found.push(word);
        at += length;
    }
    let first = *found.first()?;
    let is_over = |word: &str| matches!(word, "solved" | "closed");
    let agree = field != Field::Status || found.iter().all(|word| is_over(word) == is_over(first));
    agree.then_some(first)
}

fn find(table: &Table, phrase: &str) -> Option<&'static str> {
    let mut entries = table.iter();
    let entry = entries.find(|(_, names)| names.split(',').any(|name| name == phrase));
    entry.map(|(word, _)| *word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_five_languages_find_their_word() {
        for (field, value, word) in [
            (Field::Status, "Pending Customer Response", "pending"),
            (Field::Status, "In Bearbeitung", "open"),
            (Field::Status, "Résolu", "solved"),
            (Field::Status, "En espera", "hold"),
            (Field::Status, "Concluído", "solved"),
            (Field::Status, "Waiting for supplier", "hold"),
            (Field::Status, "CLOSED", "closed"),
            (Field::Priority, "Critical", "urgent"),
            (Field::Priority, "Sehr hoch", "urgent"),
            (Field::Priority, "Média", "normal"),
            (Field::Kind, "Billing inquiry", "question"),
            (Field::Kind, "Refund request", "task"),
            (Field::Kind, "Störung", "incident"),
        ] {
            assert_eq!(zendesk_word(field, value), Some(word), "{value}");
        }
        for undecided in [
            "Not solved",
            "Open (duplicate)",
            "Nicht geschlossen",
            "Verliehen",
        ] {
            assert_eq!(zendesk_word(Field::Status, undecided), None, "{undecided}");
        }
        assert_eq!(zendesk_word(Field::Priority, "3"), None);
        assert_eq!(zendesk_word(Field::Subject, "open"), None);
    }

    #[test]
    fn a_ticket_that_is_over_is_never_open() {
        for value in [
            "Merged",
            "Merged into another ticket",
            "Spam",
            "Duplicate",
            "Cancelled",
            "Canceled by user",
            "Declined",
            "Rejected",
            "Won't Fix",
            "Won’t fix",
            "WONTFIX",
            "Withdrawn",
            "Abandoned",
            "Invalid",
            "Done",
            "Completed",
            "Archived",
            "Deleted",
            "closed unsuccessful",
            "Closed Incomplete",
            "Auto-closed",
            "Not a bug",
            "Can't reproduce",
            "No longer needed",
            "Abgewiesen",
            "Zurückgezogen",
            "Zusammengeführt",
            "Gelöscht",
            "Annulée",
            "Fusionné",
            "Supprimé",
            "Sans suite",
            "Rechazado",
            "Fusionado",
            "Eliminado",
            "No deseado",
            "Cancelado",
            "Recusado",
            "Mesclado",
            "Excluído",
        ] {
            let word = zendesk_word(Field::Status, value);
            assert!(
                matches!(word, Some("closed" | "solved")),
                "{value} is {word:?}"
            );
        }
    }

    #[test]
    fn the_states_of_common_helpdesks_have_a_word() {
        for (values, word) in [
            (
                "To Do,In Review,Waiting for support,Waiting on us,Reopened,Work in Progress",
                "open",
            ),
            (
                "pending reminder,pending close,pending auto close+,Waiting for customer",
                "pending",
            ),
            ("Stalled,On Hold,Waiting on Third Party,Postponed", "hold"),
            ("UNCONFIRMED,Unassigned,Neu", "new"),
            ("VERIFIED,Behoben,Corregido", "solved"),
        ] {
            for value in values.split(',') {
                assert_eq!(zendesk_word(Field::Status, value), Some(word), "{value}");
            }
        }
    }

    #[test]
    fn every_word_of_the_tables_is_one_of_zendesks_and_named_once() {
        for (field, table) in [
            (Field::Status, STATUS),
            (Field::Priority, PRIORITY),
            (Field::Kind, KIND),
        ] {
            let mut seen = Vec::new();
            for (word, names) in table {
                assert!(field.words().unwrap().contains(word), "{word}");
                for name in names.split(',') {
                    assert!(!seen.contains(&name), "{name} is there twice");
                    assert!(name.split(' ').count() <= PHRASE_WORDS_MAX, "{name}");
                    assert_eq!(fold(name).join(" "), name);
                    seen.push(name);
                }
            }
        }
    }
}
