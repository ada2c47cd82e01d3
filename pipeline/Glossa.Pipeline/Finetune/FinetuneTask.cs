namespace Glossa.Pipeline.Finetune;

/// <summary>What a third party's model is trained to do.</summary>
public enum FinetuneTask
{
    /// <summary>Predict the next token.</summary>
    CausalLm,

    /// <summary>Predict hidden tokens.</summary>
    MaskedLm,

    /// <summary>Predict a text's class.</summary>
    Classification,

    /// <summary>Bring the vectors of texts that belong together closer than those of others.</summary>
    Embedding,
}

/// <summary>The names of tasks in commands and files.</summary>
public static class FinetuneTasks
{
    private static readonly (string Name, FinetuneTask Task)[] Known =
    [
        ("causal-lm", FinetuneTask.CausalLm), ("masked-lm", FinetuneTask.MaskedLm), ("classification", FinetuneTask.Classification), ("embedding", FinetuneTask.Embedding),
    ];

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Known.Select(known => known.Name)];

    /// <summary>The name of a task.</summary>
    public static string Name(this FinetuneTask task) => Array.Find(Known, known => known.Task == task).Name;

    /// <summary>The task of a name.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static FinetuneTask Parse(string name)
    {
        foreach ((string known, FinetuneTask task) in Known) if (known == name) return task;
        throw new InputException($"unknown task '{name}'", "--task", NearestName.Advice(name, Names));
    }
}
