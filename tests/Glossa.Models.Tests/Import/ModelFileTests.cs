using Glossa.Models.Export;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Google.Protobuf;
using NUnit.Framework;
using static Glossa.Models.Tests.Import.ImportGraphs;

namespace Glossa.Models.Tests.Import;

/// <summary>Model files and the data files beside them, sound ones and hostile ones.</summary>
[TestFixture]
public sealed class ModelFileTests
{
    private string _folder = "";

    private string ModelFile => Path.Combine(_folder, "model.onnx");

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("glossa-import-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Read_Truncated_Fails()
    {
        byte[] bytes = Linear().ToByteArray();
        File.WriteAllBytes(ModelFile, bytes[..(bytes.Length / 2)]);
        AssertRefused(Read, "model.onnx", "damaged model file");
    }

    [Test]
    public void Read_Empty_Fails()
    {
        File.WriteAllBytes(ModelFile, []);
        AssertRefused(Read, "empty");
    }

    [Test]
    public void Read_NoModel_Fails()
    {
        File.WriteAllText(ModelFile, "<html>404</html>");
        AssertRefused(Read, "damaged model file");
    }

    [Test]
    public void Read_Missing_Fails() => AssertRefused(Read, "no such model file");

    [Test]
    public void Read_DeeplyNestedGraphs_Fails()
    {
        GraphProto graph = new() { Name = "inner" };
        for (int i = 0; i < 60; i++)
        {
            NodeProto node = new() { OpType = "If", Output = { "y" }, Attribute = { new AttributeProto { Name = "then_branch", G = graph } } };
            graph = new GraphProto { Name = "outer", Node = { node } };
        }
        graph.Output.Add(new ValueInfoProto { Name = "y" });
        File.WriteAllBytes(ModelFile, new ModelProto { Graph = graph }.ToByteArray());
        AssertRefused(Read, "nested too deeply");
    }

    /// <summary>A length that the file does not hold is not allocated.</summary>
    [Test]
    public void Read_LargeClaimInSmallFile_AllocatesNothing()
    {
        // Field 7 (graph), 2 GB long; then nothing.
        File.WriteAllBytes(ModelFile, [0x08, 0x08, 0x3A, 0xF0, 0xFF, 0xFF, 0xFF, 0x07, 0x2A, 0xE0, 0xFF, 0xFF, 0xFF, 0x07, 0x4A, 0xC0, 0xFF, 0xFF, 0xFF, 0x07, 0x00, 0x00]);
        long before = GC.GetTotalAllocatedBytes();
        AssertRefused(Read, "damaged model file");
        Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(10_000_000));
    }

    [Test]
    public void Read_ExternalData_ComesInside()
    {
        WriteExternal("weights.bin");
        ImportedModel model = ModelImport.Read(ModelFile, new ImportOptions());
        Assert.That(OnnxFile.HasExternalData(model.Original), Is.False);
        AssertSame(Linear(), model.Forward);
        AssertSame(Linear(), model.Original);
    }

    [Test]
    public void Read_ExternalDataInSubfolder_ComesInside()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "parts"));
        WriteExternal("parts/weights.bin");
        Assert.That(ModelImport.Read(ModelFile, new ImportOptions()).Names(), Has.Length.EqualTo(2));
    }

    [TestCase("../weights.bin")]
    [TestCase("parts/../../weights.bin")]
    [TestCase("/etc/passwd")]
    [TestCase("C:\\weights.bin")]
    [TestCase("..\\weights.bin")]
    [TestCase("")]
    public void Read_ExternalDataOutsideTheFolder_IsRefused(string location)
    {
        WriteExternal("weights.bin", location: location);
        AssertRefused(Read, "'layer.weight'", "leaves the model's folder");
    }

    [Test]
    public void Read_ExternalDataThroughALink_IsRefused()
    {
        string outside = Directory.CreateTempSubdirectory("glossa-outside-").FullName;
        try
        {
            WriteExternal("weights.bin");
            File.Move(Path.Combine(_folder, "weights.bin"), Path.Combine(outside, "weights.bin"));
            File.CreateSymbolicLink(Path.Combine(_folder, "weights.bin"), Path.Combine(outside, "weights.bin"));
            AssertRefused(Read, "'layer.weight'", "link");
            File.Delete(Path.Combine(_folder, "weights.bin"));
            Directory.CreateSymbolicLink(Path.Combine(_folder, "parts"), outside);
            WriteExternal("parts/weights.bin");
            AssertRefused(Read, "'layer.weight'", "link");
        }
        finally
        {
            Directory.Delete(outside, recursive: true);
        }
    }

    [Test]
    public void Read_ExternalDataThroughALinkInside_IsRead()
    {
        WriteExternal("weights.bin");
        File.Move(Path.Combine(_folder, "weights.bin"), Path.Combine(_folder, "blob"));
        File.CreateSymbolicLink(Path.Combine(_folder, "weights.bin"), "blob");
        AssertSame(Linear(), ModelImport.Read(ModelFile, new ImportOptions()).Forward);
    }

    [Test]
    public void Read_ExternalDataMissing_NamesFileAndTensor()
    {
        WriteExternal("weights.bin");
        File.Delete(Path.Combine(_folder, "weights.bin"));
        AssertRefused(Read, "'layer.weight'", "'weights.bin'", "not there");
    }

    [TestCase("offset", "60")]
    [TestCase("offset", "9223372036854775807")]
    public void Read_ExternalDataBeyondTheFile_SaysItsSize(string key, string value)
    {
        WriteExternal("weights.bin", e => e[key] = value);
        AssertRefused(Read, "'layer.weight'", "has 80");
    }

    [TestCase("length", "63")]
    [TestCase("length", "2000000000")]
    public void Read_ExternalDataOfOtherLength_SaysWhatIsNeeded(string key, string value)
    {
        WriteExternal("weights.bin", e => e[key] = value);
        AssertRefused(Read, "'layer.weight'", value, "needs 64");
    }

    [TestCase("offset", "-1")]
    [TestCase("length", "many")]
    public void Read_ExternalDataOfNoNumber_Fails(string key, string value)
    {
        WriteExternal("weights.bin", e => e[key] = value);
        AssertRefused(Read, "'layer.weight'", key, value);
    }

    /// <summary>A shape that claims terabytes is refused before anything is read.</summary>
    [Test]
    public void Read_ExternalDataOfLargeClaim_AllocatesNothing()
    {
        WriteExternal("weights.bin", e => e.Remove("length"), dims: [1L << 20, 1L << 20]);
        long before = GC.GetTotalAllocatedBytes();
        AssertRefused(Read, "'layer.weight'", "4398046511104");
        Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(10_000_000));
    }

    [Test]
    public void Write_ModelTooLargeForOneFile_KeepsWeightsBeside()
    {
        ModelProto model = Model((g, x) => Building.GraphBuilderOperators.MatMul(g, x, g.Weight("wide", 4, 4096), "y"));
        OnnxFile.Write(ModelFile, model, 1000);
        Assert.That(new FileInfo(ModelFile).Length, Is.LessThan(2000));
        Assert.That(new FileInfo(ModelFile + "_data").Length, Is.EqualTo(65536));
        ImportedModel back = ModelImport.Read(ModelFile, new ImportOptions());
        Assert.That(back.Original.ToByteArray(), Is.EqualTo(model.ToByteArray()));
    }

    private void Read() => ModelImport.Read(ModelFile, new ImportOptions());

    /// <summary>The linear model with its two tensors in one data file.</summary>
    private void WriteExternal(string file, Action<Dictionary<string, string>>? edit = null, string? location = null, long[]? dims = null)
    {
        ModelProto model = Linear();
        using FileStream data = File.Create(Path.Combine(_folder, file));
        foreach (TensorProto tensor in model.Graph.Initializer)
        {
            Dictionary<string, string> entries = new() { ["location"] = location ?? file, ["offset"] = $"{data.Position}", ["length"] = $"{tensor.RawData.Length}" };
            tensor.RawData.WriteTo(data);
            tensor.RawData = ByteString.Empty;
            tensor.DataLocation = TensorProto.Types.DataLocation.External;
            if (tensor.Name == "layer.weight")
            {
                edit?.Invoke(entries);
                if (dims is not null)
                {
                    tensor.Dims.Clear();
                    tensor.Dims.Add(dims);
                }
            }
            tensor.ExternalData.Add(entries.Select(e => new StringStringEntryProto { Key = e.Key, Value = e.Value }));
        }
        File.WriteAllBytes(ModelFile, model.ToByteArray());
    }
}
