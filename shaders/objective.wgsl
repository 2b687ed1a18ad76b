// Landscapes whose text gives the loss and leaves its gradient in `down`, one lane per run. Twin of
// src/landscape/objective.rs. The model's text defines `fn value_and_gradient(x: ptr<function, Components>) -> real`.

fn survey(x: ptr<function, Components>) -> Survey {
    let value = value_and_gradient(x);
    var steepness = ZERO;
    var size = ZERO;
    for (var j = 0u; j < PER_LANE; j++) {
        steepness = fma(down[j], down[j], steepness);
        size = fma((*x)[j], (*x)[j], size);
    }
    return Survey(value, steepness, size);
}
