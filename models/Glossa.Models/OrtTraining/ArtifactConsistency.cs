using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.OrtTraining.Checkpoints;
using Glossa.Models.Steps;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.OrtTraining;

/// <summary>Whether the parts of training artifacts fit together: the runtime crashes on some that do not, and trains others wrongly in silence.</summary>
internal sealed class ArtifactConsistency
{
    private readonly Artifacts _artifacts;
    private readonly string? _where;
    private readonly Dictionary<string, OrtTensor> _parameters;

    private ArtifactConsistency(Artifacts artifacts, string? where)
    {
        (_artifacts, _where) = (artifacts, where);
        _parameters = artifacts.Checkpoint.Parameters.ToDictionary(tensor => tensor.Name);
    }

    /// <summary>Checks them.</summary>
    /// <exception cref="InputException">They do not fit; the message names the first parameter or input concerned.</exception>
    public static void Check(Artifacts artifacts, string? where)
    {
        ArtifactConsistency check = new(artifacts, where);
        check.Versions(artifacts.Training, ArtifactNames.TrainingModel);
        check.Versions(artifacts.Evaluation, ArtifactNames.EvaluationModel);
        check.Training();
        check.Evaluation();
        check.Optimizer();
        check.States();
    }

    private void Versions(ModelProto model, string file)
    {
        Require(model.IrVersion <= ArtifactGraph.NewestFormat, $"{file} has the format version {model.IrVersion}, the runtime reads {ArtifactGraph.NewestFormat}");
        long version = OperatorSets.Version(model.OpsetImport) ?? 0;
        Require(version <= ArtifactGraph.NewestOperatorSet, $"{file} has operator set {version}, the runtime {ArtifactGraph.NewestOperatorSet}");
        Require(model.OpsetImport.All(import => import.Domain != RuntimeOperators.Microsoft || import.Version == 1), $"{file} names another version of {RuntimeOperators.Microsoft} than 1");
    }

    private void Training()
    {
        GraphProto graph = _artifacts.Training.Graph;
        string[] inputs = [.. graph.Input.Select(input => input.Name)];
        HashSet<string> buffers = [.. inputs.Where(name => name.EndsWith(ArtifactNames.Buffer(""), StringComparison.Ordinal))];
        Require(inputs.Contains(ArtifactNames.LazyReset), $"{ArtifactNames.TrainingModel} has no input '{ArtifactNames.LazyReset}'");
        foreach (OrtTensor tensor in _artifacts.Checkpoint.Trainable)
            Require(buffers.Contains(ArtifactNames.Buffer(tensor.Name)), $"the checkpoint trains '{tensor.Name}', {ArtifactNames.TrainingModel} does not");
        HashSet<string> trained = [.. _artifacts.Checkpoint.Trainable.Select(tensor => ArtifactNames.Buffer(tensor.Name))];
        Require(buffers.FirstOrDefault(name => !trained.Contains(name)), name => $"{ArtifactNames.TrainingModel} has the input '{name}', the checkpoint no trained parameter for it");

        // Behind the first parameter come parameters only; before it, what the model's metadata names.
        HashSet<string>? fed = _artifacts.Training.MetadataProps.FirstOrDefault(p => p.Key == StepMetadata.InputsKey) is { } named ? [.. named.Value.Split('\n')] : null;
        int first = Array.FindIndex(inputs, _parameters.ContainsKey);
        Require(inputs.Where((name, i) => !_parameters.ContainsKey(name) && !ArtifactNames.IsReserved(name) && (i > first || fed?.Contains(name) == false)).FirstOrDefault(),
            name => $"the checkpoint lacks the parameter '{name}'");
        foreach (ValueInfoProto input in graph.Input.Where(input => _parameters.ContainsKey(input.Name))) Shape(input);

        string[] done = [.. graph.Output.Select(output => output.Name).Where(name => name.EndsWith(ArtifactNames.Accumulated(""), StringComparison.Ordinal))];
        Require(done.SequenceEqual(inputs.Where(buffers.Contains).Select(name => ArtifactNames.Accumulated(name[..^ArtifactNames.Buffer("").Length]))),
            $"the outputs of {ArtifactNames.TrainingModel} are not in the order of its parameters");
        Require(graph.Output.Count > done.Length && !ArtifactNames.IsReserved(graph.Output[0].Name), $"the first output of {ArtifactNames.TrainingModel} is not the loss");
    }

    private void Shape(ValueInfoProto input)
    {
        long[] declared = [.. input.Type.TensorType.Shape.Dim.Select(dimension => dimension.DimValue)];
        Require(input.Type.TensorType.ElemType == (int)DataType.Float, $"the parameter '{input.Name}' of {ArtifactNames.TrainingModel} is not float32");
        Require(_artifacts.Checkpoint.IsNominal || declared.SequenceEqual(_parameters[input.Name].Shape),
            $"'{input.Name}' is [{string.Join(", ", _parameters[input.Name].Shape)}] in the checkpoint and [{string.Join(", ", declared)}] in {ArtifactNames.TrainingModel}");
    }

    private void Evaluation()
    {
        string[] Parameters(ModelProto model) => [.. model.Graph.Input.Select(input => input.Name).Where(_parameters.ContainsKey)];
        string[] Fed(ModelProto model) => [.. model.Graph.Input.Select(input => input.Name).Where(name => !_parameters.ContainsKey(name) && !ArtifactNames.IsReserved(name)).Order(StringComparer.Ordinal)];
        Require(Parameters(_artifacts.Training).SequenceEqual(Parameters(_artifacts.Evaluation)), $"{ArtifactNames.EvaluationModel} has not the parameters of {ArtifactNames.TrainingModel}, in their order");
        Require(Fed(_artifacts.Training).SequenceEqual(Fed(_artifacts.Evaluation)), $"{ArtifactNames.EvaluationModel} has not the inputs of {ArtifactNames.TrainingModel}");
    }

    private void Optimizer()
    {
        string[] expected = ["learning_rate", "step", "params", "gradients", "first_order_moments", "second_order_moments"];
        string[] inputs = [.. _artifacts.Optimizer.Graph.Input.Select(input => input.Name)];
        Require(inputs.Length >= 5 && inputs.SequenceEqual(expected.Take(inputs.Length)), $"the inputs of {ArtifactNames.OptimizerModel} are {string.Join(", ", inputs)}");
        Require(_artifacts.Optimizer.Graph.Output is [{ Type.TensorType.ElemType: (int)DataType.Bool }, ..], $"the first output of {ArtifactNames.OptimizerModel} is no flag");
    }

    private void States()
    {
        if (_artifacts.Checkpoint.OptimizerGroups.Count == 0) return;
        HashSet<string> held = [.. _artifacts.Checkpoint.OptimizerGroups.SelectMany(group => group.States).Select(state => state.Parameter)];
        // A session that is saved without the optimizer's state writes a group without states.
        if (held.Count == 0) return;
        Require(_artifacts.Checkpoint.Trainable.Select(tensor => tensor.Name).FirstOrDefault(name => !held.Contains(name)), name => $"the checkpoint's optimizer has no state for '{name}'");
    }

    private void Require(string? wrong, Func<string, string> describe)
    {
        if (wrong is not null) Require(false, describe(wrong));
    }

    private void Require(bool holds, string otherwise)
    {
        if (!holds) throw new InputException(otherwise, _where, "make the artifacts again, all files in one go");
    }
}
