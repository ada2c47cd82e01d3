namespace Glossa.Pipeline.Configuration;

/// <summary>Teachers: models that differ in their seed alone, whose averaged predictions the model learns from beside the text.</summary>
public sealed record DistillationConfig
{
    /// <summary>Number of teachers that are trained for this run, by its own settings and the seeds that follow its own; 0 trains none.</summary>
    [InRange(0, 64)]
    public int Teachers { get; init; }

    /// <summary>Number of times that many teachers are trained. Those of the first round learn from the text alone; those of a later one learn from the round before, as the model itself learns from the last, with its dropout and phases and with seeds that go on.</summary>
    [InRange(1, 8)]
    public int Rounds { get; init; } = 1;

    /// <summary>Folders of finished runs whose models are the teachers, in place of training some; on the same corpus, with the same tokenizer.</summary>
    public ValueList<string> From { get; init; } = [];

    /// <summary>The loss is this share of cross entropy with the teachers' predictions, and the rest with the text.</summary>
    [InRange(0.001, 1)]
    public double Weight { get; init; } = 0.5;

    /// <summary>How many of the most probable next tokens are kept of each prediction; the probability of the others goes to the token that follows in the text.</summary>
    [InRange(1, 1024)]
    public int Candidates { get; init; } = 128;

    /// <summary>Dropout of the first round of teachers that are trained; null takes the model's own. The teachers' expectations keep the model from learning few texts by heart, so that it wants less dropout than they do.</summary>
    [InRange(0, 0.9)]
    public double? Dropout { get; init; }

    /// <summary>Phases of the first round of teachers that are trained; empty takes those of <c>curriculum</c>. What is too many epochs for a teacher may not be for the model.</summary>
    public ValueList<PhaseConfig> Phases { get; init; } = [];

    /// <summary>Whether there are any teachers.</summary>
    internal bool IsOn => Teachers > 0 || From.Count > 0;
}
