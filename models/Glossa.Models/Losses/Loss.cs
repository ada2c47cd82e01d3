namespace Glossa.Models.Losses;

/// <summary>Attaches losses to forward graphs.</summary>
internal static class Loss
{
    /// <summary>Appends the loss that the options name.</summary>
    /// <exception cref="InputException">The output has a shape that the loss does not read, or the graph an input that the loss cannot take.</exception>
    public static AttachedLoss Attach(LossContext context)
    {
        using IDisposable scope = context.G.Scope("loss");
        return context.Options.Loss switch
        {
            LossKind.Mse => MeanSquaredError.Attach(context),
            LossKind.Embedding => EmbeddingLoss.Attach(context),
            LossKind.Custom => CustomLoss.Attach(context),
            _ => LabelLoss.Attach(context),
        };
    }
}
