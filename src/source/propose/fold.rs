//! Compares words across spellings: case, accents, `camelCase`, signs.

/// Cuts a text into lower-case words without accents.
pub(super) fn fold(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    for c in text.chars() {
        let hump = before.is_lowercase() && c.is_uppercase();
        if (hump || !c.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if "#№º°".contains(c) {
            words.push("no".to_owned());
        } else if c.is_alphanumeric() {
            c.to_lowercase().for_each(|lower| bare(lower, &mut word));
        }
        before = c;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Appends a letter without its accent.
fn bare(letter: char, word: &mut String) {
    let plain = match letter {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ß' => return word.push_str("ss"),
        // An accent of its own, after its letter.
        '\u{300}'..='\u{36f}' => return,
        other => other,
    };
    word.push(plain);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_one_list_of_words() {
        assert_eq!(fold("Ticket ID"), ["ticket", "id"]);
        assert_eq!(fold("ticketId"), ["ticket", "id"]);
        assert_eq!(fold("ticket_id "), ["ticket", "id"]);
        assert_eq!(fold("Ticket #"), ["ticket", "no"]);
        assert_eq!(fold("Priorität"), ["prioritat"]);
        assert_eq!(fold("Créé le"), ["cree", "le"]);
        assert_eq!(fold("Größe"), ["grosse"]);
    }
}
