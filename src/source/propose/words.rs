//! What helpdesks call states, priorities and types, in five languages, as Zendesk's words.

use super::fold::fold;
use crate::source::mapping::field::Field;

type Table = [(&'static str, &'static str)];

const STATUS: &Table = &[
    (
        "new",
        "new,unassigned,not started,untouched,submitted,received,neu,eingegangen,nouveau,nouvelle,\
         nuevo,nueva,novo,nova",
    ),
    (
        "open",
        "open,opened,reopened,in progress,active,assigned,working,wip,accepted,started,todo,to do,\
         doing,escalated,offen,geoffnet,in bearbeitung,in arbeit,zugewiesen,aktiv,eskaliert,ouvert,\
         ouverte,en cours,assigne,abierto,abierta,en curso,en progreso,en proceso,asignado,\
         escalado,aberto,aberta,em andamento,em progresso,em atendimento,atribuido",
    ),
    (
        "hold",
        "hold,on hold,onhold,paused,blocked,suspended,deferred,waiting for vendor,\
         waiting for third party,waiting on third party,waiting for supplier,angehalten,pausiert,\
         zuruckgestellt,blockiert,en pause,suspendu,bloque,en espera,suspendido,bloqueado,em espera,\
         suspenso,pausado",
    ),
    (
        "pending",
        "pending,waiting,awaiting,feedback,wartend,wartet,warten,ruckfrage,en attente,attente,\
         pendiente,esperando,pendente,aguardando",
    ),
    (
        "solved",
        "solved,resolved,done,completed,complete,fixed,finished,answered,gelost,erledigt,fertig,\
         beantwortet,resolu,resolue,termine,terminee,traite,resuelto,resuelta,solucionado,\
         terminado,completado,resolvido,resolvida,concluido,finalizado",
    ),
    (
        "closed",
        "closed,archived,cancelled,canceled,rejected,geschlossen,abgeschlossen,archiviert,\
         abgelehnt,storniert,ferme,fermee,clos,cloture,archive,annule,cerrado,cerrada,archivado,\
         cancelado,fechado,fechada,encerrado,arquivado",
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
        "question,inquiry,enquiry,query,information,info,frage,anfrage,auskunft,renseignement,\
         pregunta,consulta,duda,pergunta,duvida",
    ),
    (
        "task",
        "task,request,change,feature,order,return,refund,cancellation,aufgabe,auftrag,job,\
         anforderung,wunsch,bestellung,tache,demande,commande,tarea,solicitud,peticion,pedido,\
         tarefa,solicitacao",
    ),
];

/// Words that turn what follows into its opposite.
const NEGATIONS: [&str; 9] = [
    "not", "no", "never", "nicht", "kein", "non", "pas", "sin", "nao",
];

/// Finds Zendesk's word for a value of another helpdesk.
pub(super) fn zendesk_word(field: Field, value: &str) -> Option<&'static str> {
    let table = match field {
        Field::Status => STATUS,
        Field::Priority => PRIORITY,
        Field::Kind => KIND,
        _ => return None,
    };
    let words = fold(value);
    let find = |text: &str| {
        let found = table
            .iter()
            .find(|(_, names)| names.split(',').any(|name| name == text));
        found.map(|(word, _)| *word)
    };
    if let Some(word) = find(&words.join(" ")) {
        return Some(word);
    }
    if words.iter().any(|word| NEGATIONS.contains(&word.as_str())) {
        return None;
    }
    words.iter().find_map(|word| find(word))
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
        assert_eq!(zendesk_word(Field::Status, "Not solved"), None);
        assert_eq!(zendesk_word(Field::Priority, "3"), None);
        assert_eq!(zendesk_word(Field::Subject, "open"), None);
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
                    assert_eq!(fold(name).join(" "), name);
                    seen.push(name);
                }
            }
        }
    }
}
