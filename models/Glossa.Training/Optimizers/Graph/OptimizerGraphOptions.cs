namespace Glossa.Training.Optimizers.Graph;

/// <summary>What an optimizer graph does beside its groups' rules.</summary>
public sealed record OptimizerGraphOptions
{
    /// <summary>Largest norm of the whole gradient; 0 clips nothing.</summary>
    public float Clip { get; init; }

    /// <summary>Whether it keeps an average of the weights.</summary>
    public bool Average { get; init; }

    /// <summary>Whether a mask says which weights move.</summary>
    public bool Masked { get; init; }

    /// <summary>How the loss is scaled; null where it is not.</summary>
    public LossScaling? Scaling { get; init; }

    /// <summary>Steps whose outcomes it keeps, at least 2.</summary>
    public int History { get; init; } = 32;

    /// <summary>Parameters stored [inputs, outputs].</summary>
    public IReadOnlySet<string> Transposed { get; init; } = new HashSet<string>();
}
