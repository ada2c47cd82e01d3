namespace Glossa.Models.Losses;

/// <summary>Attaches losses to forward graphs.</summary>
internal static class Loss
{
    /// <summary>Appends the loss that the options name.</summary>
    /// <exception cref="InputException">The output has a shape that the loss does not read, or the graph an input that the loss cannot take.</exception>
    public static AttachedLoss Attach(LossContext context)
    {
        if (context.Options is { SoftTargets: true, Loss: LossKind.Mse or LossKind.Embedding or LossKind.Custom })
            throw new InputException($"the loss {LossNames.Of(context.Options.Loss)} has no labels that distributions could stand for", fix: "use soft targets with a cross entropy");
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
