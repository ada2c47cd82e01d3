using Glossa.Models.Building;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.OrtTraining.Checkpoints;
using Glossa.Models.OrtTraining.Lowering;
using Glossa.Models.Shapes;
using Glossa.Models.Steps;

namespace Glossa.Models.OrtTraining;

/// <summary>Makes training artifacts of a forward graph.</summary>
public static class ArtifactBuilder
{
    /// <summary>Makes them of a graph of Glossa's own, whose float initializers are parameters unless they are called <c>const.*</c> or <c>rotary.*</c>.</summary>
    /// <inheritdoc cref="Build(ImportedModel, ArtifactOptions)"/>
    public static Artifacts Build(ModelProto forward, ArtifactOptions options) => Build(TrainingStep.Own(forward), options);

    /// <summary>Makes them; everything that the runtime would crash on or get wrong in silence is checked here.</summary>
    /// <exception cref="InputException">The graph cannot be differentiated, or the runtime cannot train it; the message says why.</exception>
    public static Artifacts Build(ImportedModel imported, ArtifactOptions options)
    {
        ArgumentNullException.ThrowIfNull(imported);
        ArgumentNullException.ThrowIfNull(options);
        options.Optimizer.Check();
        List<string> notes = [.. imported.Notes];
        if (!options.ConvertFloats) ArtifactChecks.RequireFloat32(imported);
        ArtifactChecks.RequireOwnNames(imported, options);
        imported = OperatorSetLowering.Apply(imported, notes);
        ModelProto evaluation = EvaluationModel.From(imported, options.Step);
        ImportedParameter[] parameters = Read(imported, evaluation, notes);
        HashSet<string> frozen = Frozen(parameters, options.Freeze);

        StepModel step = TrainingStep.Build(WithInputs(imported, [.. parameters.Where(p => frozen.Contains(p.Name))], [.. parameters.Where(p => !frozen.Contains(p.Name))]), options.Step);
        HashSet<string> trained = [.. step.Parameters.Select(p => p.Name)];
        foreach (ImportedParameter parameter in parameters.Where(p => !trained.Contains(p.Name) && !frozen.Contains(p.Name)))
            notes.Add($"'{parameter.Name}' does not reach the loss: it is not trained");
        ModelProto training = TrainingModel.From(step, parameters);
        ArtifactGraph.MakeInputs(evaluation.Graph, parameters);
        ShapeMap shapes = ShapeInference.Infer(imported.Forward.Graph);
        foreach (ModelProto model in (ModelProto[])[training, evaluation])
            ArtifactGraph.Resolve(model.Graph.Output.Where(output => options.ExtraOutputs.Contains(output.Name)), shapes);
        return Finished(training, evaluation, options.Optimizer, Checkpoint(imported.Forward.Graph, parameters, trained), notes);
    }

    /// <summary>The model in operators that the runtime has, so that <see cref="OfStep"/> takes its step.</summary>
    /// <exception cref="InputException">A node has no equivalent in older operators.</exception>
    public static ImportedModel Lowered(ImportedModel imported)
    {
        ArgumentNullException.ThrowIfNull(imported);
        List<string> notes = [.. imported.Notes];
        return OperatorSetLowering.Apply(imported, notes) with { Notes = notes };
    }

    /// <summary>
    /// The artifacts of a training step that exists: what trains is its parameters, in its order. Their optimizer is plain gradient descent, and evaluation gives the step's loss.
    /// </summary>
    /// <param name="step">A step without accumulation; it is not changed.</param>
    /// <param name="initial">The parameters' values.</param>
    /// <exception cref="InputException">The runtime cannot train the step.</exception>
    public static Artifacts OfStep(StepModel step, IReadOnlyDictionary<string, float[]> initial)
    {
        ArgumentNullException.ThrowIfNull(step);
        ArgumentNullException.ThrowIfNull(initial);
        StepModel copy = step with { Model = step.Model.Clone() };
        ImportedParameter[] parameters = [.. step.Parameters.Select(p => new ImportedParameter(p.Name, p.Shape, []))];
        ModelProto evaluation = step.Model.Clone();
        ValueInfoProto[] gradients = [.. evaluation.Graph.Output.Where(output => output.Name != StepModel.Loss)];
        foreach (ValueInfoProto gradient in gradients) evaluation.Graph.Output.Remove(gradient);
        GraphCleaning.DropUnread(evaluation.Graph);
        ModelProto training = TrainingModel.From(copy, parameters);
        ArtifactGraph.MakeInputs(evaluation.Graph, parameters);
        OrtCheckpoint checkpoint = new() { Trainable = [.. parameters.Select(p => OrtTensor.Of(p.Name, p.Shape, initial[p.Name]))], Frozen = [] };
        return Finished(training, evaluation, new ArtifactOptimizer { Kind = ArtifactOptimizerKind.Sgd }, checkpoint, []);
    }

    private static Artifacts Finished(ModelProto training, ModelProto evaluation, ArtifactOptimizer optimizer, OrtCheckpoint checkpoint, IReadOnlyList<string> notes)
    {
        foreach (ModelProto model in (ModelProto[])[training, evaluation])
        {
            ArtifactChecks.RequireKernels(model.Graph);
            ArtifactGraph.Finish(model);
        }
        Artifacts artifacts = new(training, evaluation, OptimizerModel.From(optimizer, OperatorSets.Version(training.OpsetImport)!.Value), checkpoint, notes);
        ArtifactConsistency.Check(artifacts, where: null);
        return artifacts;
    }

    /// <summary>The parameters that the loss or an extra output reads.</summary>
    private static ImportedParameter[] Read(ImportedModel imported, ModelProto evaluation, List<string> notes)
    {
        HashSet<string> read = [.. evaluation.Graph.Initializer.Select(tensor => tensor.Name)];
        foreach (ImportedParameter parameter in imported.Parameters.Where(p => !read.Contains(p.Name)))
            notes.Add($"neither the loss nor an extra output reads '{parameter.Name}': it is left out");
        return [.. imported.Parameters.Where(p => read.Contains(p.Name))];
    }

    /// <summary>The names of the parameters that the patterns match, by their own name or by that of a twin.</summary>
    private static HashSet<string> Frozen(ImportedParameter[] parameters, IReadOnlyList<string> patterns)
    {
        HashSet<string> frozen = [];
        foreach (string pattern in patterns)
        {
            string[] matched = [.. parameters.Where(p => p.Twins.Select(twin => twin.Name).Prepend(p.Name).Any(name => NamePattern.Matches(pattern, name))).Select(p => p.Name)];
            if (matched.Length == 0) throw new InputException($"no parameter matches the pattern '{pattern}'", fix: NearestName.Advice(pattern, [.. parameters.Select(p => p.Name)]));
            frozen.UnionWith(matched);
        }
        return frozen;
    }

    /// <summary>The model with some parameters as inputs: their present values are no constants either.</summary>
    private static ImportedModel WithInputs(ImportedModel imported, IReadOnlyList<ImportedParameter> frozen, IReadOnlyList<ImportedParameter> trained)
    {
        ModelProto forward = imported.Forward.Clone();
        ArtifactGraph.MakeInputs(forward.Graph, frozen);
        return imported with { Forward = forward, Parameters = trained };
    }

    private static OrtCheckpoint Checkpoint(GraphProto forward, ImportedParameter[] parameters, HashSet<string> trained)
    {
        Dictionary<string, TensorProto> initializers = forward.Initializer.ToDictionary(tensor => tensor.Name);
        OrtTensor[] tensors = [.. parameters.Select(p => OrtTensor.Of(p.Name, p.Shape, TensorData.FloatSpan(initializers[p.Name])))];
        return new OrtCheckpoint { Trainable = [.. tensors.Where(t => trained.Contains(t.Name))], Frozen = [.. tensors.Where(t => !trained.Contains(t.Name))] };
    }
}
