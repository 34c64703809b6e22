//! What people call the fields of the address: the names that the controls bear.

/// The name of the control that sets this field, as a sentence begins with it; none where there is no control.
pub fn label(key: &str) -> Option<&'static str> {
    Some(match key {
        "data" => "Data",
        "sigma" => "Noise σ",
        "class" => "Classes",
        "rows" => "Rows",
        "z" => "Noise z",
        "g" => "Layers of G",
        "d" => "Layers of D",
        "gact" => "Activation of G",
        "dact" => "Activation of D",
        "gout" => "Output of G",
        "loss" => "Loss",
        "reg" => "What bounds D",
        "unroll" => "Look-ahead of G",
        "pack" => "Pack",
        "cond" => "Classes told",
        "kd" => "k of D",
        "kg" => "k of G",
        "optd" => "Optimiser of D",
        "optg" => "Optimiser of G",
        "lrdecay" => "Rate decay",
        "ema" => "Average of G",
        "order" => "Updates",
        "batch" => "Batch",
        "alone" => "Trained alone",
        "fresh" => "Drawn afresh",
        "step" => "A step of",
        "seed" => "Seed",
        "backend" => "Runs on",
        "exec" => "Form on a GPU",
        "until" => "Stop after",
        "theme" => "Colours",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use adversaria_core::spec::KEYS;

    #[test]
    fn no_name_is_that_of_a_field_that_is_gone() {
        let known = KEYS.iter().filter(|key| label(key.name).is_some()).count();
        // All names but those of the page's own two.
        assert_eq!(known, 26);
    }
}
