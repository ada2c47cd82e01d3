using System.Text.Json;
using Glossa.Models.Export;
using Glossa.Models.Import;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Models.OrtTraining;
using Glossa.Models.Tests.Quantization;
using NUnit.Framework;

namespace Glossa.Models.Tests.OrtTraining;

/// <summary>Artifacts of the official tool and the model that it was given; cases that are not in the repository skip the test where they are not beside it.</summary>
internal sealed class OfficialArtifacts
{
    private readonly string _folder, _files;
    private readonly JsonElement _description;

    private OfficialArtifacts(string folder, string files)
    {
        (_folder, _files) = (folder, files);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "reference.json")));
        _description = json.RootElement.Clone();
    }

    public static readonly string[] Own = ["mlp-adamw", "mlp-sgd", "gpt-frozen"];

    public static readonly string[] All = [.. Own, "gpt-adamw", "gpt-clip", "bert-adamw"];

    public static OfficialArtifacts Open(string name)
    {
        if (Own.Contains(name))
        {
            string folder = Runtime.OwnFixture("ort-training", name);
            return new OfficialArtifacts(folder, "official");
        }
        if (Runtime.SharedFixture("ort-training") is not { } shared)
        {
            Assert.Ignore("shared/fixtures/ort-training is not there");
            throw new InvalidOperationException();
        }
        return new OfficialArtifacts(Path.Combine(shared, name), "artifacts");
    }

    public string Forward => Path.Combine(_folder, "forward.onnx");

    public string Folder => Path.Combine(_folder, _files);

    public string At(string file) => Path.Combine(Folder, file);

    public ModelProto Model(string file) => OnnxFile.Read(At(file));

    /// <summary>What the official tool was asked for.</summary>
    public ArtifactOptions Options
    {
        get
        {
            JsonElement optimizer = _description.GetProperty("optimizer"), clip = _description.GetProperty("clip_max_norm");
            ArtifactOptimizer made = optimizer.GetProperty("op").GetString() == "SGDOptimizerV2"
                ? new() { Kind = ArtifactOptimizerKind.Sgd }
                : new() { Epsilon = optimizer.GetProperty("epsilon").GetSingle(), WeightDecay = optimizer.GetProperty("weight_decay").GetSingle() };
            return new ArtifactOptions
            {
                Loss = LossKind.CrossEntropy,
                Freeze = [.. _description.GetProperty("frozen").EnumerateArray().Select(name => name.GetString()!)],
                ExtraOutputs = [.. _description.GetProperty("additional_outputs").EnumerateArray().Select(name => name.GetString()!)],
                Optimizer = clip.ValueKind == JsonValueKind.Null ? made : made with { Clip = clip.GetSingle() },
            };
        }
    }

    /// <summary>Artifacts of our making, of the same model.</summary>
    public Artifacts Made() => ArtifactBuilder.Build(ModelImport.Read(Forward, new ImportOptions()), Options);
}
