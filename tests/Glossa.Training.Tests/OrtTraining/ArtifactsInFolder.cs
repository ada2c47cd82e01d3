using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.OrtTraining;
using Glossa.Training.Safetensors;
using Glossa.Training.Verification;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Training.Tests.OrtTraining;

/// <summary>Artifacts of our making in a folder of a test, deleted with it.</summary>
internal sealed class ArtifactsInFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("glossa-own-artifacts-");

    /// <summary>Makes and writes them.</summary>
    /// <param name="model">The forward graph.</param>
    /// <param name="options">What they are made of.</param>
    /// <param name="rate">What the optimizer multiplies the runtime's learning rate by, which is 1e-3 there, always.</param>
    public ArtifactsInFolder(ImportedModel model, ArtifactOptions options, float rate = 1)
    {
        Artifacts artifacts = ArtifactBuilder.Build(model, options);
        if (rate != 1) Scale(artifacts.Optimizer.Graph, rate);
        ArtifactFolder.Write(Path, artifacts);
    }

    /// <summary>The folder.</summary>
    public string Path => _folder.FullName;

    /// <summary>A file below the folder.</summary>
    public string At(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes batches as the runner reads them; they may differ in shape.</summary>
    public string Batches(params IReadOnlyList<FeedTensor>[] batches)
    {
        string path = At("batches.safetensors");
        SafetensorsWriter.WriteFile(path, [.. batches.SelectMany((feeds, number) => feeds.Select(feed => Tensor($"batch.{number}.{feed.Name}", feed)))]);
        return path;
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    private static SafetensorsTensor Tensor(string name, FeedTensor feed) => feed.Data switch
    {
        float[] data => SafetensorsTensor.Floats(name, feed.Shape, data),
        long[] data when feed.Type == DataType.Int64 => SafetensorsTensor.Int64s(name, feed.Shape, data),
        _ => throw new NotSupportedException($"{feed.Name} is {feed.Type}"),
    };

    /// <summary>Lets an optimizer model multiply the learning rate that it is given.</summary>
    public static void Scale(GraphProto optimizer, float rate)
    {
        foreach (NodeProto node in optimizer.Node)
            for (int i = 0; i < node.Input.Count; i++)
                if (node.Input[i] == "learning_rate") node.Input[i] = "learning_rate.scaled";
        optimizer.Initializer.Add(OnnxFactory.Tensor("rate", [1], [rate]));
        optimizer.Node.Insert(0, new NodeProto { OpType = "Mul", Name = "scale", Input = { "learning_rate", "rate" }, Output = { "learning_rate.scaled" } });
    }
}
