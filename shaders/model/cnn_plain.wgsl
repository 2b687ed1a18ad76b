// Forms whose step is the gradient at the point itself. Twin of src/models/cnn/landscape.rs.

alias Survey = Place;

alias Slopes = Pulls;

fn slopes(s: Survey) -> Slopes {
    return pulls(s);
}

fn may_end(s: Survey) -> bool {
    return may_be_at_an_end(s, constants.verdict_square) | may_be_out_of_bounds(s);
}

fn decide(s: Survey) -> u32 {
    return class_of(s, constants.verdict_square);
}

fn size(s: Survey) -> real {
    return size_of(s);
}
