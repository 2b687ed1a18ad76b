// Forms whose step is the gradient at the point itself. Twin of src/models/cnn/landscape.rs.

alias Survey = Place;

alias Slopes = Pulls;

fn slopes(s: Survey) -> Slopes {
    return pulls(s);
}

fn decide(s: Survey) -> u32 {
    return class_of(s, constants.verdict_square);
}

fn size(s: Survey) -> real {
    return size_of(s);
}
