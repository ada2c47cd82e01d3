using Glossa.Models.Import;
using Glossa.Models.Losses;
using Glossa.Models.Steps;

namespace Glossa.Training.Verification;

/// <summary>What to verify where a folder does not say it.</summary>
public sealed record VerificationOptions
{
    /// <summary>The loss; null takes the reference's.</summary>
    public LossKind? Loss { get; init; }

    /// <summary>The output that the loss reads; null takes the reference's, or the first.</summary>
    public string? Output { get; init; }
}

/// <summary>
/// Verifies that a graph trains with the right gradients: against a stored reference (inputs, outputs, gradients and losses of ten AdamW steps from another framework), or against central
/// differences where there is none.
/// </summary>
public static class ModelVerification
{
    private const double SecondShapeLimit = 5e-2;

    /// <summary>Verifies the model of a folder: <c>model.onnx</c> or <c>onnx/model.onnx</c>, with <c>reference.json</c> and <c>reference.safetensors</c> where there are any.</summary>
    /// <exception cref="InputException">A file is missing or damaged, or the graph cannot be differentiated.</exception>
    public static VerificationReport Verify(string folder, VerificationOptions options)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(options);
        if (!Directory.Exists(folder))
            throw File.Exists(folder) ? new InputException("expected a folder, found a file", folder, "name the folder that holds model.onnx") : new InputException("no such folder", folder, "check the path");
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        ImportedModel model = ModelImport.Read(ModelPath(folder), new ImportOptions());
        if (!ReferenceFolder.Exists(folder)) return WithoutReference(name, model, options);
        using ReferenceFolder reference = ReferenceFolder.Open(folder);
        return AgainstReference(name, model, reference, options);
    }

    private static string ModelPath(string folder)
    {
        string[] candidates = [Path.Combine(folder, "model.onnx"), Path.Combine(folder, "onnx", "model.onnx")];
        return Array.Find(candidates, File.Exists) ?? throw new InputException("the folder holds no model.onnx", folder, "name a folder with model.onnx or onnx/model.onnx");
    }

    private static VerificationReport AgainstReference(string name, ImportedModel model, ReferenceFolder reference, VerificationOptions options)
    {
        StepOptions stepOptions = new() { Loss = options.Loss ?? reference.Loss, Output = options.Output ?? reference.MainOutput };
        List<VerificationCheck> checks = [OutputComparison.Compare(reference, model.Forward)];
        List<string> notes = [.. model.Notes];
        StepModel step = TrainingStep.Build(model, stepOptions);
        HashSet<string> known = [.. reference.Parameters.Select(parameter => parameter.Name)];
        string[] unknown = [.. step.Parameters.Select(parameter => parameter.Name).Where(parameter => !known.Contains(parameter))];
        if (unknown.Length > 0) notes.Add($"trained, but no parameters of the reference: {string.Join(", ", unknown)}");
        IReadOnlyList<FeedTensor> feeds = reference.Feeds(step.Model.Graph);
        using (StepRunner runner = new(step))
        {
            runner.Load(model.Forward.Graph);
            runner.Run(feeds);
            checks.AddRange(GradientComparison.Compare(reference, runner, VerificationChecks.Gradients));
            checks.AddRange(AtSecondShape(runner, step, feeds, reference.PaddedLeft, stepOptions.Loss, notes));
        }
        using (StepRunner runner = new(TrainingStep.Build(model, stepOptions with { FusedOperators = false })))
        {
            runner.Load(model.Forward.Graph);
            runner.Run(feeds);
            checks.AddRange(GradientComparison.Compare(reference, runner, VerificationChecks.StandardGradients).Take(1));
        }
        // Training adds gradients up in place, in a step of its own form.
        using StepRunner training = new(TrainingStep.Build(model, stepOptions with { Accumulate = true }));
        foreach ((string check, string stored, float decay) in new[] { (VerificationChecks.Decay, "loss_after.adamw", 0.01f), (VerificationChecks.NoDecay, "loss_after.adamw_no_decay", 0f) })
        {
            if (!reference.Contains(stored)) notes.Add($"the reference has no {stored}");
            else if (decay > 0 && !reference.DecayIsReproducible) notes.Add("weight decay acts on other values here than in the reference, whose curve with decay is not compared");
            else checks.Add(LossCurve.Compare(check, reference.Floats(stored), training, model.Forward.Graph, feeds, decay));
        }
        return new VerificationReport(name, LossNames.Of(stepOptions.Loss), true, step.Parameters.Count, checks, notes);
    }

    private static VerificationReport WithoutReference(string name, ImportedModel model, VerificationOptions options)
    {
        LossKind loss = options.Loss ?? throw new InputException("the folder holds no reference, so the loss has to be named", name, $"give --loss ({string.Join(", ", LossNames.All)})");
        StepModel step = TrainingStep.Build(model, new StepOptions { Loss = loss, Output = options.Output });
        IReadOnlyList<FeedTensor> feeds = SyntheticBatch.Create(model.Forward, step, loss, options.Output);
        using StepRunner runner = new(step);
        runner.Load(model.Forward.Graph);
        (IReadOnlyList<VerificationCheck> checks, IReadOnlyList<string> precision) = DifferenceVerification.Check(runner, feeds);
        List<string> notes = [.. model.Notes, .. precision];
        return new VerificationReport(name, LossNames.Of(loss), false, step.Parameters.Count, [.. checks, .. AtSecondShape(runner, step, feeds, false, loss, notes)], notes);
    }

    // The labels may all be cut away, and then there is no slope to compare.
    private static IEnumerable<VerificationCheck> AtSecondShape(StepRunner runner, StepModel step, IReadOnlyList<FeedTensor> feeds, bool paddedLeft, LossKind loss, List<string> notes)
    {
        if (SecondShape.Of(step.Model.Graph, feeds, paddedLeft, loss == LossKind.Embedding ? 2 : 1) is not { } smaller)
        {
            notes.Add("every axis of the graph is fixed, so that no second shape was run");
            yield break;
        }
        string shapes = $"{smaller[0].Name} [{string.Join(", ", smaller[0].Shape)}]";
        double worst;
        try
        {
            worst = AlongWholeGradient(runner, smaller);
        }
        catch (InputException e)
        {
            notes.Add($"at {shapes}: {e.Message}");
            worst = double.PositiveInfinity;
        }
        yield return new VerificationCheck(VerificationChecks.SecondShape, worst, SecondShapeLimit, shapes);
    }

    private static double AlongWholeGradient(StepRunner runner, IReadOnlyList<FeedTensor> feeds)
    {
        double value = runner.Run(feeds);
        float[] gradient = runner.Gradients.Span.ToArray();
        double norm = FiniteDifferences.Norm(gradient);
        if (norm == 0) return double.IsFinite(value) ? 0 : double.NaN;
        float[] direction = Array.ConvertAll(gradient, element => (float)(element / norm));
        Slope slope = new FiniteDifferences(runner, feeds).Along(0, direction, norm, 1e-2 * FiniteDifferences.Norm(runner.Parameters.Span));
        return Math.Abs(norm - slope.Value) / norm;
    }
}
